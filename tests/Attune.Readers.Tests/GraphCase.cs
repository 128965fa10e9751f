using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Testing;

namespace Attune.Readers.Tests;

/// <summary>A written graph with the reference values that it is given and should give.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Path">The file.</param>
/// <param name="Io">The reference values.</param>
/// <param name="Reference">What an input or output of the graph is called there.</param>
/// <param name="Mask">The reference values that say which tokens of the outputs count; null when all do.</param>
internal sealed record GraphCase(string Name, string Path, SafetensorsFile Io, Func<string, string> Reference, string? Mask)
{
    /// <summary>The cases that a file has reference values for.</summary>
    public static IEnumerable<GraphCase> Of(string name, string path, SafetensorsFile io)
    {
        switch (System.IO.Path.GetFileName(path))
        {
            case "encoder_model.onnx":
                return [new GraphCase($"{name} encoder", path, io, value => value == "last_hidden_state" ? $"encoder.{value}" : value, "attention_mask")];
            case "decoder_model.onnx":
                return [new GraphCase($"{name} decoder", path, io, InDecoder, Mask: null)];
            default:
                return new[] { "", "left.", "right." }.Where(prefix => io.Contains($"{prefix}input_ids"))
                    .Select(prefix => new GraphCase($"{name} {prefix}", path, io, value => prefix + value, $"{prefix}attention_mask"));
        }
    }

    /// <summary>What the runtime is asked.</summary>
    public JsonObject Job()
    {
        using OnnxFile file = OnnxFile.Open(Path);
        long[] extents = Io.Info(Reference("input_ids")).Shape.ToArray();
        return Job(Path, file.Model.Inputs.ToDictionary(input => input.Name, input => Input(input, extents)));
    }

    /// <summary>What the runtime is asked of a file.</summary>
    public static JsonObject Job(string path, IReadOnlyDictionary<string, JsonObject> inputs)
    {
        string contents = OnnxWriter.ContentsPath(path);
        return new JsonObject
        {
            ["path"] = path,
            ["contents"] = File.Exists(contents) ? contents : null,
            ["inputs"] = new JsonObject(inputs.Select(input => KeyValuePair.Create(input.Key, (JsonNode?)input.Value))),
        };
    }

    /// <summary>An input of integers.</summary>
    public static JsonObject Integers(IEnumerable<long> extents, IEnumerable<int> values) => new()
    {
        ["extents"] = new JsonArray([.. extents.Select(extent => (JsonNode)extent)]),
        ["integers"] = new JsonArray([.. values.Select(number => (JsonNode)number)]),
    };

    /// <summary>An input of numbers.</summary>
    public static JsonObject Numbers(IEnumerable<long> extents, string base64) => new()
    {
        ["extents"] = new JsonArray([.. extents.Select(extent => (JsonNode)extent)]),
        ["floats"] = base64,
    };

    /// <summary>Numbers that the runtime gave.</summary>
    public static float[] Floats(JsonNode output) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)output["values"]!)).ToArray();

    /// <summary>Compares what the runtime gave with the reference values.</summary>
    public void Compare(JsonObject outputs, double tolerance)
    {
        Assert.True(outputs["error"] is null, $"{Name}: {outputs["error"]}");
        Assert.NotEmpty(outputs);
        foreach ((string output, JsonNode? node) in outputs)
        {
            float[] expected = Io.ReadFloat32(Reference(output));
            float[] found = Floats(node!);
            Assert.Equal(expected.Length, found.Length);
            int[] counted = [.. Enumerable.Range(0, expected.Length)];
            if (Mask is not null && node!["extents"]!.AsArray().Select(extent => (long)extent!).Take(Io.Info(Mask).Shape.Rank).SequenceEqual(Io.Info(Mask).Shape.ToArray()))
            {
                int[] mask = Io.ReadInts(Mask);
                counted = [.. counted.Where(i => mask[i / (expected.Length / mask.Length)] == 1)];
            }

            GoldenArrays.Close([.. counted.Select(i => expected[i])], [.. counted.Select(i => found[i])], tolerance, $"{Name} {output}");
        }
    }

    private JsonObject Input(OnnxValue input, long[] extents)
    {
        string name = Reference(input.Name);
        if (input.Type == OnnxType.Float)
        {
            return Numbers(Io.Info(name).Shape.ToArray(), Convert.ToBase64String(MemoryMarshal.AsBytes<float>(Io.ReadFloat32(name))));
        }

        return Io.Contains(name)
            ? Integers(Io.Info(name).Shape.ToArray(), Io.ReadInts(name))
            : Integers(extents, Enumerable.Repeat(input.Name == "attention_mask" ? 1 : 0, (int)extents.Aggregate(1L, (count, extent) => count * extent)));
    }

    private static string InDecoder(string value) => value switch
    {
        "input_ids" => "decoder_input_ids",
        "encoder_attention_mask" => "attention_mask",
        "encoder_hidden_states" => "encoder.last_hidden_state",
        _ => value,
    };
}
