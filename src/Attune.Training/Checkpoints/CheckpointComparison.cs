using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>Compares what two runs left, bit by bit, and names the first difference.</summary>
public static class CheckpointComparison
{
    private const string SafetensorsExtension = ".safetensors";

    /// <summary>A tensor is read in pieces of this size, a multiple of all elements'.</summary>
    private const int PieceBytes = 1 << 20;

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

        int size = info.DType.SizeInBytes;
        byte[] before = new byte[Math.Min(PieceBytes, info.ByteCount)];
        byte[] after = new byte[before.Length];
        long different = 0;
        string first = string.Empty;
        for (long start = 0; start < info.ByteCount; start += PieceBytes)
        {
            Span<byte> old = before.AsSpan(0, (int)Math.Min(PieceBytes, info.ByteCount - start));
            Span<byte> now = after.AsSpan(0, old.Length);
            expected.Read(name, start, old);
            found.Read(name, start, now);
            for (int i = now.CommonPrefixLength(old) / size * size; i < old.Length; i += size)
            {
                if (!old.Slice(i, size).SequenceEqual(now.Slice(i, size)) && different++ == 0)
                {
                    string values = info.DType == DType.F32 ? string.Create(CultureInfo.InvariantCulture, $" is {BitConverter.ToSingle(now[i..]):R}, was {BitConverter.ToSingle(old[i..]):R}") : " differs";
                    first = string.Create(CultureInfo.InvariantCulture, $"tensor {name}, element {(start + i) / size:N0}{values}");
                }
            }
        }

        return different == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{first}; {different:N0} of {info.Shape.Count:N0} elements differ");
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
