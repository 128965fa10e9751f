using Attune.Export.Onnx.Evaluation;
using Attune.Formats;
using Attune.Testing;

namespace Attune.Export.Tests;

/// <summary>Every decoder, encoder, head and encoder-decoder of the reference values as ONNX files: its numbers are those of transformers, with padding on either side. Tolerances are those of their README.</summary>
[Trait("Category", "Golden")]
public sealed class OnnxGoldenTests
{
    private const double Tolerance = 1e-4;

    private static readonly int[][] Texts = [[5, 9, 14, 3, 8], [7, 4], [11, 6, 12]];

    public static TheoryData<string> Decoders => Goldens.Folders("families/causal");

    public static TheoryData<string> EncoderDecoders => Goldens.Folders("families/seq2seq");

    public static TheoryData<string> Heads =>
    [
        .. from kind in new[] { "encoders", "decoder_heads" }
           from family in Goldens.Folders($"families/{kind}").Select(row => row.Data)
           from head in Goldens.Folders($"families/{kind}/{family}").Select(row => row.Data)
           select $"{kind}/{family}/{head}",
    ];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Decoders_give_the_logits_of_the_reference(string name)
    {
        using ExportedModel model = ExportedModel.Write($"causal/{name}");
        Assert.InRange(model.Compare(Texts).LargestDifference, 0, Tolerance);

        // Of one token most experts hear nothing.
        Assert.InRange(model.Compare([3]).LargestDifference, 0, Tolerance);
        foreach (string prefix in new[] { "right.", "left.", "short." }.Where(prefix => model.Io.Contains($"{prefix}logits")))
        {
            if (model.Io.Info($"{prefix}input_ids").Shape[-1] > ExportedModel.Positions(model.Config))
            {
                Assert.Contains("there is no row", Assert.Throws<ExportException>(() => model.Run(prefix)).Message, StringComparison.Ordinal);
                continue;
            }

            GoldenArrays.Close(model.Select(prefix, model.Io.ReadFloat32($"{prefix}logits")), model.Select(prefix, Floats(model.Run(prefix)["logits"])), Tolerance, $"{prefix}logits");
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Decoders_go_on_from_their_past(string name)
    {
        if (name == "mamba2")
        {
            Assert.Contains("keep a state", Assert.Throws<ExportException>(() => ExportedModel.Write($"causal/{name}", withPast: true)).Message, StringComparison.Ordinal);
            return;
        }

        using ExportedModel model = ExportedModel.Write($"causal/{name}", withPast: true);
        Assert.InRange(model.Compare(Texts).LargestDifference, 0, Tolerance);
        foreach (string prefix in new[] { "right.", "left." }.Where(prefix => model.Io.Info($"{prefix}input_ids").Shape[-1] <= ExportedModel.Positions(model.Config)))
        {
            GoldenArrays.Close(model.Select(prefix, model.Io.ReadFloat32($"{prefix}logits")), model.Select(prefix, model.RunInPieces(prefix, 7, 8, 17)), Tolerance, $"{prefix}logits");
        }
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Encoders_and_heads_give_the_numbers_of_the_reference(string name)
    {
        using ExportedModel model = ExportedModel.Write(name);
        Assert.InRange(model.Compare(Texts).LargestDifference, 0, Tolerance);
        IReadOnlyDictionary<string, OnnxArray> outputs = model.Run("");
        Assert.NotEmpty(outputs);
        foreach ((string output, OnnxArray values) in outputs)
        {
            float[] expected = model.Io.ReadFloat32(output);
            bool isPerToken = values.Extents.Length > 1 && values.Extents[1] == model.Io.Info("input_ids").Shape[-1];
            (float[] wanted, float[] found) = isPerToken ? (model.Select("", expected), model.Select("", Floats(values))) : (expected, Floats(values));
            GoldenArrays.Close(wanted, found, Tolerance, output);
        }
    }

    [Theory]
    [MemberData(nameof(EncoderDecoders))]
    public void Encoder_decoders_go_on_from_their_past(string name)
    {
        using ExportedModel model = ExportedModel.Write($"seq2seq/{name}", withPast: true);
        Assert.InRange(model.Compare(Texts).LargestDifference, 0, Tolerance);
        OnnxArray states = model.Run("encoder_model.onnx", model.Integers)["last_hidden_state"];
        OnnxArray mask = model.Integers("attention_mask");
        var kept = new Dictionary<string, OnnxArray>();
        OnnxArray ids = model.Integers("decoder_input_ids");
        foreach ((int start, int end) in new[] { (0, 4), (4, 5), (5, (int)ids.Extents[1]) })
        {
            IReadOnlyDictionary<string, OnnxArray> found = model.Run(start == 0 ? "decoder_model.onnx" : "decoder_with_past_model.onnx", input => input switch
            {
                "encoder_hidden_states" => states,
                "encoder_attention_mask" => mask,
                "input_ids" => ExportedModel.Columns(ids, start, end),
                _ => kept[input],
            });
            foreach ((string output, OnnxArray values) in found.Where(pair => pair.Key != "logits"))
            {
                kept[output.Replace("present.", "past_key_values.", StringComparison.Ordinal)] = values;
            }

            float[] expected = [.. Enumerable.Range(0, (int)ids.Extents[0]).SelectMany(row => Rows(model.Io.ReadFloat32("logits"), (int)ids.Extents[0], row, start, end, (int)ids.Extents[1]))];
            GoldenArrays.Close(expected, Floats(found["logits"]), Tolerance, $"logits from {start} on");
        }

        static float[] Rows(float[] values, int rows, int row, int start, int end, int width)
        {
            int size = values.Length / rows / width;
            return values[(((row * width) + start) * size)..(((row * width) + end) * size)];
        }
    }

    [Theory]
    [MemberData(nameof(EncoderDecoders))]
    public void Encoder_decoders_give_the_numbers_of_the_reference(string name)
    {
        using ExportedModel model = ExportedModel.Write($"seq2seq/{name}");
        OnnxArray states = model.Run("encoder_model.onnx", model.Integers)["last_hidden_state"];
        GoldenArrays.Close(model.Select("", model.Io.ReadFloat32("encoder.last_hidden_state")), model.Select("", Floats(states)), Tolerance, "encoder.last_hidden_state");
        Assert.InRange(model.Compare(Texts).LargestDifference, 0, Tolerance);
        OnnxArray logits = model.Run("decoder_model.onnx", input => input switch
        {
            "encoder_hidden_states" => states,
            "encoder_attention_mask" => model.Integers("attention_mask"),
            _ => model.Integers("decoder_input_ids"),
        })["logits"];
        GoldenArrays.Close(model.Io.ReadFloat32("logits"), Floats(logits), Tolerance, "logits");
    }

    private static float[] Floats(OnnxArray values) => ((OnnxArray<float>)values).Values;
}
