using System.IO.Compression;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

/// <summary>Reading of the text goldens.</summary>
internal static class TextGoldens
{
    public const string Tokenizers = "text/tokenizers";

    /// <summary>The content of a file, unpacked when its name ends in .gz.</summary>
    public static byte[] Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var content = new MemoryStream();
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unpacked = new GZipStream(file, CompressionMode.Decompress);
            unpacked.CopyTo(content);
        }
        else
        {
            file.CopyTo(content);
        }

        return content.ToArray();
    }

    /// <summary>The objects of a file with one object a line.</summary>
    public static IEnumerable<JsonNode> Lines(string path)
    {
        using var reader = new StreamReader(new MemoryStream(Read(path)));
        while (reader.ReadLine() is { } line)
        {
            yield return JsonNode.Parse(line)!;
        }
    }

    /// <summary>Names of files in a folder of the goldens as theory rows; one row <see cref="Goldens.None"/> when the goldens are not there.</summary>
    public static TheoryData<string> Files(string relative, string pattern)
    {
        string folder = Path.Combine(Goldens.Root, relative);
        string[] names = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : [Goldens.None];
        return new TheoryData<string>(names);
    }

    /// <summary>Reads something; skips the test when it names a component that is not built yet.</summary>
    public static T Built<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (TextException error) when (error.Message.Contains("; known are ", StringComparison.Ordinal))
        {
            Assert.Skip("not built yet: " + error.Message);
            throw;
        }
    }

    /// <summary>Reads a tokenizer.json; skips the test when it names a component that is not built yet.</summary>
    public static Tokenizer Load(string path) => Built(() => TokenizerJson.Parse(Read(path), Path.GetFileName(path)));

    /// <summary>The integers of an array.</summary>
    public static int[] Ints(JsonNode? node) => [.. node!.AsArray().Select(value => (int)value!)];

    /// <summary>Compares everything that an encoding says with the reference, further parts included.</summary>
    public static void AssertEqual(JsonNode expected, Encoding actual, string place)
    {
        Check("ids", actual.Ids.Cast<int?>());
        Check("type_ids", actual.TypeIds.Cast<int?>());
        Check("attention_mask", actual.AttentionMask.Cast<int?>());
        Check("special_tokens_mask", actual.SpecialTokensMask.Cast<int?>());
        Check("offsets", Flat(actual).Cast<int?>());
        Check("word_ids", actual.WordIds);
        Check("sequence_ids", actual.SequenceIds);
        JsonArray overflow = expected["overflowing"]?.AsArray() ?? [];
        Assert.Equal(overflow.Count, actual.Overflow.Count);
        for (int i = 0; i < overflow.Count; i++)
        {
            AssertEqual(overflow[i]!, actual.Overflow[i], $"{place}, overflow {i}");
        }

        void Check(string name, IEnumerable<int?> values)
        {
            string wanted = string.Join(',', expected[name]!.AsArray().Select(value => (int?)value));
            string found = string.Join(',', values);
            Assert.True(wanted == found, $"{name} of {place}: {wanted} expected, {found} found");
        }
    }

    /// <summary>The pattern and the special tokens of a tiktoken vocabulary.</summary>
    public static TiktokenOptions ReadTiktokenOptions(JsonNode settings) => new((string)settings["pattern"]!)
    {
        SpecialTokens = settings["special_tokens"]!.AsObject().ToDictionary(entry => entry.Key, entry => (int)entry.Value!),
    };

    /// <summary>Offsets as a flat list, in bytes of UTF-8.</summary>
    public static int[] FlatUtf8(Encoding encoding, string text)
    {
        int[] bytes = [0, .. text.EnumerateRunes().Select(rune => rune.Utf8SequenceLength)];
        for (int i = 1; i < bytes.Length; i++)
        {
            bytes[i] += bytes[i - 1];
        }

        return [.. Flat(encoding).Select(point => bytes[point])];
    }

    /// <summary>Offsets as a flat list.</summary>
    public static int[] Flat(Encoding encoding) => [.. encoding.Offsets.SelectMany(offset => new[] { offset.Start, offset.End })];
}
