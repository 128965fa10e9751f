using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>Compares what two runs left, bit by bit, and names the first difference.</summary>
public static class CheckpointComparison
{
    private const string SafetensorsExtension = ".safetensors";

    /// <summary>Files that say how a checkpoint was saved, not where the run stood.</summary>
    private static readonly string[] Ignored = [Manifest.FileName, Checkpoint.OptionsName];

    /// <summary>The first difference between two checkpoints: in the log of the steps, then in the optimiser's and the trained tensors; null when there is none.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="ModelFileException">A tensor file is damaged.</exception>
    public static string? FirstDifference(string expected, string found)
    {
        string[] names = [.. Names(expected)];
        if (names.Except(Names(found)).Concat(Names(found).Except(names)).FirstOrDefault() is { } only)
        {
            return $"{only} is in only one of them";
        }

        // The log tells the step at which two runs parted; the weights only tell that they did.
        return names.OrderBy(name => name != Checkpoint.StateName).Select(name => FirstDifferenceInFile(Path.Combine(expected, name), Path.Combine(found, name))).FirstOrDefault(difference => difference is not null);
    }

    /// <summary>The first difference between two files; null when they are equal.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="ModelFileException">A tensor file is damaged.</exception>
    public static string? FirstDifferenceInFile(string expected, string found)
    {
        string name = Path.GetFileName(expected);
        string? difference = Path.GetExtension(name) switch
        {
            SafetensorsExtension => InTensors(expected, found),
            ".json" => InJson(JsonNode.Parse(File.ReadAllBytes(expected)), JsonNode.Parse(File.ReadAllBytes(found)), string.Empty),
            _ => File.ReadAllBytes(expected).AsSpan().SequenceEqual(File.ReadAllBytes(found)) ? null : "the bytes differ",
        };
        return difference is null ? null : $"{name}: {difference}";
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(name => !Ignored.Contains(name)).Order(StringComparer.Ordinal);

    private static string? InTensors(string expected, string found)
    {
        using SafetensorsFile first = SafetensorsFile.Open(expected);
        using SafetensorsFile second = SafetensorsFile.Open(found);
        if (first.Names.Except(second.Names).Concat(second.Names.Except(first.Names)).FirstOrDefault() is { } only)
        {
            return $"tensor {only} is in only one of them";
        }

        return first.Names.Select(name => InTensor(first, second, name)).FirstOrDefault(difference => difference is not null);
    }

    private static string? InTensor(SafetensorsFile expected, SafetensorsFile found, string name)
    {
        expected.TryGetInfo(name, out TensorInfo? info);
        found.TryGetInfo(name, out TensorInfo? other);
        if (info!.Shape != other!.Shape || info.DType != other.DType)
        {
            return $"tensor {name} is {other.DType.SafetensorsName} {other.Shape}, was {info.DType.SafetensorsName} {info.Shape}";
        }

        byte[] before = Bytes(expected, name, info);
        byte[] after = Bytes(found, name, other);
        int place = before.AsSpan().CommonPrefixLength(after);
        if (place == before.Length)
        {
            return null;
        }

        int element = place / info.DType.SizeInBytes;
        int different = Enumerable.Range(0, (int)info.Shape.Count).Count(i => !Element(before, i).SequenceEqual(Element(after, i)));
        string values = info.DType == DType.F32
            ? string.Create(CultureInfo.InvariantCulture, $" is {BitConverter.ToSingle(Element(after, element)):R}, was {BitConverter.ToSingle(Element(before, element)):R}")
            : " differs";
        return string.Create(CultureInfo.InvariantCulture, $"tensor {name}, element {element:N0}{values}; {different:N0} of {info.Shape.Count:N0} elements differ");

        ReadOnlySpan<byte> Element(byte[] bytes, int i) => bytes.AsSpan(i * info.DType.SizeInBytes, info.DType.SizeInBytes);
    }

    private static byte[] Bytes(SafetensorsFile file, string name, TensorInfo info)
    {
        byte[] bytes = new byte[info.Shape.Count * info.DType.SizeInBytes];
        file.Read(name, 0, bytes);
        return bytes;
    }

    private static string? InJson(JsonNode? expected, JsonNode? found, string place)
    {
        switch (expected, found)
        {
            case (JsonObject first, JsonObject second):
                // Lists first: the log is the only one that says when.
                return first.Select(pair => pair.Key).Union(second.Select(pair => pair.Key)).OrderBy(key => first[key] is not JsonArray)
                    .Select(key => InJson(first[key], second[key], place.Length == 0 ? key : $"{place}.{key}")).FirstOrDefault(difference => difference is not null);
            case (JsonArray first, JsonArray second):
                string? inner = first.Zip(second).Select((pair, i) => InJson(pair.First, pair.Second, $"{place}[{i}]{StepOf(pair.First)}")).FirstOrDefault(difference => difference is not null);
                return inner ?? (first.Count == second.Count ? null : $"{place} has {second.Count} entries, had {first.Count}");
            default:
                return JsonNode.DeepEquals(expected, found) ? null : $"{place} is {found?.ToJsonString() ?? "absent"}, was {expected?.ToJsonString() ?? "absent"}";
        }
    }

    private static string StepOf(JsonNode? entry) => entry is JsonObject values && values["step"] is { } step ? $" (step {step})" : string.Empty;
}
