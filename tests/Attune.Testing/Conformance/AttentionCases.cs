using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Attention over ragged sequences with every option.</summary>
internal static class AttentionCases
{
    private static readonly AttentionOptions Causal = new(0.4);

    private static readonly (string Name, AttentionOptions Options)[] Options =
    [
        ("causal", Causal),
        ("both ways", Causal with { Causal = false }),
        ("window 2", Causal with { Window = 2 }),
        ("half window 1", Causal with { Causal = false, HalfWindow = 1 }),
        ("chunk 3", Causal with { Chunk = 3 }),
        ("softcap", Causal with { Softcap = 1.5 }),
        ("window and softcap", Causal with { Window = 3, Softcap = 2 }),
    ];

    /// <summary>Queries and keys of each sequence.</summary>
    private static readonly (string Name, (int Queries, int Keys)[] Sequences)[] Layouts =
    [
        ("ragged", [(3, 3), (1, 1), (0, 0), (7, 7)]),
        ("with earlier keys", [(1, 6), (2, 5)]),
        ("one", [(5, 5)]),
        ("longer", [(17, 17), (16, 16)]),
        ("none", []),
    ];

    private static readonly (int Heads, int KeyHeads, int Size, int ValueSize)[] Sizes = [(1, 1, 8, 8), (4, 2, 16, 16), (3, 1, 5, 7), (2, 2, 33, 17)];

    public static IEnumerable<OpCase> All =>
    [
        .. Options.SelectMany(options => Layouts.Take(2).Select(layout => Make(options.Name, layout.Name, layout.Sequences, (4, 2, 4, 4), options.Options, alibi: false))),
        .. Layouts.Skip(2).Select(layout => Make("causal", layout.Name, layout.Sequences, (4, 2, 8, 8), Causal, alibi: false)),
        .. Sizes.Select(size => Make("causal", "ragged", Layouts[0].Sequences, size, Causal, alibi: false)),
        .. Layouts.Select(layout => Make("ALiBi", layout.Name, layout.Sequences, (4, 2, 4, 4), Causal, alibi: true)),
        .. Layouts.Select(layout => MakeWithSinks(layout.Name, layout.Sequences)),
    ];

    private static OpCase Make(
        string options, string name, (int Queries, int Keys)[] sequences, (int Heads, int KeyHeads, int Size, int ValueSize) size, AttentionOptions settings, bool alibi)
    {
        int queries = sequences.Sum(item => item.Queries);
        int keys = sequences.Sum(item => item.Keys);
        return new OpCase(
            "AttentionOp.Attention",
            [new([queries, size.Heads, size.Size], OpInput.Any), new([keys, size.KeyHeads, size.Size], OpInput.Any), new([keys, size.KeyHeads, size.ValueSize], OpInput.Any)],
            x => x[0].Attention(x[1], x[2], Layout(x[0].Device, sequences), alibi ? settings with { AlibiSlopes = Slopes(x[0].Device, size.Heads) } : settings))
        {
            Detail = $"{options}, {name}",
            IsSmooth = name != "longer",

            // The fused gradient takes rowsum(dY y) from the result as it was rounded to bf16; where the soft-max is nearly one-hot that is subtracted from a value of its own
            // size, and inputs that are repeated along a dimension add up the error of every place that reads them.
            BFloat16Tolerance = 0.1,
        };
    }

    private static OpCase MakeWithSinks(string name, (int Queries, int Keys)[] sequences)
    {
        OpCase plain = Make("sinks", name, sequences, (4, 2, 8, 8), Causal with { Window = 3 }, alibi: false);
        return plain with
        {
            Inputs = [.. plain.Inputs, new([4], OpInput.Any) { Type = DType.F32 }],
            Run = x => x[0].Attention(x[1], x[2], Layout(x[0].Device, sequences), Causal with { Window = 3 }, x[3]),
        };
    }

    private static AttentionLayout Layout(Device device, (int Queries, int Keys)[] sequences)
    {
        var queryStarts = new int[sequences.Length + 1];
        var keyStarts = new int[sequences.Length];
        for (int i = 0; i < sequences.Length; i++)
        {
            queryStarts[i + 1] = queryStarts[i] + sequences[i].Queries;
            keyStarts[i] = i == 0 ? 0 : keyStarts[i - 1] + sequences[i - 1].Keys;
        }

        return new AttentionLayout(
            device.From(queryStarts, [queryStarts.Length]),
            device.From(keyStarts, [keyStarts.Length]),
            device.From([.. sequences.Select(item => item.Keys)], [sequences.Length]));
    }

    private static Tensor Slopes(Device device, int heads) => device.From([.. Enumerable.Range(1, heads).Select(h => MathF.Pow(2, -h))], [heads]);
}
