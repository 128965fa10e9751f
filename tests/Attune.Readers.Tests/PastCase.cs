using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Testing;

namespace Attune.Readers.Tests;

/// <summary>A decoder with a past: what it left of the first tokens goes in with the next ones.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Path">The file.</param>
/// <param name="Io">The reference values.</param>
/// <param name="Prefix">Which of them: padded on the right or on the left.</param>
internal sealed record PastCase(string Name, string Path, SafetensorsFile Io, string Prefix)
{
    /// <summary>What the runtime is asked of some tokens.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="end">Behind the last one.</param>
    /// <param name="left">What it gave for the tokens before; null for none.</param>
    public JsonObject Job(int start, int end, JsonObject? left)
    {
        using OnnxFile file = OnnxFile.Open(Path);
        return GraphCase.Job(Path, file.Model.Inputs.ToDictionary(input => input.Name, input => input.Name switch
        {
            "input_ids" => Columns("input_ids", start, end),
            "attention_mask" => Columns("attention_mask", 0, end),
            _ => Past(input, left?[input.Name.Replace("past_key_values.", "present.", StringComparison.Ordinal)]),
        }));
    }

    /// <summary>Compares logits of some tokens with the reference values.</summary>
    public void Compare(JsonObject outputs, int start, int end, double tolerance)
    {
        Assert.True(outputs["error"] is null, $"{Name}: {outputs["error"]}");
        float[] found = GraphCase.Floats(outputs["logits"]!);
        float[] expected = Io.ReadFloat32($"{Prefix}logits");
        int[] mask = Io.ReadInts($"{Prefix}attention_mask");
        (int width, int size) = ((int)Io.Info($"{Prefix}input_ids").Shape[1], expected.Length / mask.Length);
        int[] places = [.. Enumerable.Range(0, mask.Length).Where(at => at % width >= start && at % width < end)];
        int[] counted = [.. Enumerable.Range(0, places.Length).Where(i => mask[places[i]] == 1)];
        Assert.Equal(places.Length * size, found.Length);
        GoldenArrays.Close(
            [.. counted.SelectMany(i => expected[(places[i] * size)..((places[i] + 1) * size)])], [.. counted.SelectMany(i => found[(i * size)..((i + 1) * size)])], tolerance, $"{Name} {Prefix}logits");
    }

    private JsonObject Columns(string name, int start, int end)
    {
        int[] values = Io.ReadInts(Prefix + name);
        long[] extents = Io.Info(Prefix + name).Shape.ToArray();
        return GraphCase.Integers([extents[0], end - start], values.Where((_, at) => at % extents[1] >= start && at % extents[1] < end));
    }

    private JsonObject Past(OnnxValue input, JsonNode? left) => left is null
        ? GraphCase.Numbers([Io.Info($"{Prefix}input_ids").Shape[0], long.Parse(input.Extents[1], CultureInfo.InvariantCulture), 0, long.Parse(input.Extents[3], CultureInfo.InvariantCulture)], "")
        : GraphCase.Numbers(left["extents"]!.AsArray().Select(extent => (long)extent!), (string)left["values"]!);
}
