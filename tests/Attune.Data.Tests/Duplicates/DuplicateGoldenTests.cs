using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Attune.Data.Duplicates;
using Attune.Testing;

namespace Attune.Data.Tests.Duplicates;

/// <summary>Sketches, bands, candidates and exact keys equal those of the reference tools.</summary>
[Trait("Category", "Golden")]
public sealed class DuplicateGoldenTests
{
    public static TheoryData<string> Schemes => ["legacy", "affine32"];

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Sketches_of_a_seed_are_those_of_the_reference(string scheme)
    {
        JsonElement root = Root();
        var hasher = new MinHasher(root.GetProperty("num_perm").GetInt32(), root.GetProperty("seed").GetUInt32(), scheme);
        JsonElement expected = root.GetProperty(scheme);
        uint[][] sketches = [.. Documents(root).Select(text => Sketch(hasher, text))];
        Assert.All(expected.GetProperty("signatures_first_40").EnumerateArray().Index(), item =>
            Assert.Equal(item.Item.EnumerateArray().Select(value => value.GetUInt32()), sketches[item.Index]));

        // The sum over all documents is made of 64-bit values.
        byte[] bytes = new byte[sketches.Sum(sketch => sketch.Length) * 8];
        foreach ((int i, uint value) in sketches.SelectMany(sketch => sketch).Index())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), value);
        }

        Assert.Equal(expected.GetProperty("sha256").GetString(), Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant());
        JsonElement[] similar = [.. root.GetProperty("exact_jaccard_over_0.2").EnumerateArray()];
        Assert.All(expected.GetProperty("estimates").EnumerateArray().Index(), item => Assert.Equal(
            item.Item.GetDouble(), MinHasher.Similarity(sketches[similar[item.Index][0].GetInt32()], sketches[similar[item.Index][1].GetInt32()])));
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Bands_candidates_and_kept_rows_are_those_of_the_reference(string scheme)
    {
        JsonElement root = Root();
        string[] documents = Documents(root);
        var hasher = new MinHasher(root.GetProperty("num_perm").GetInt32(), root.GetProperty("seed").GetUInt32(), scheme);
        int cases = 0;
        foreach (JsonProperty property in root.GetProperty(scheme).EnumerateObject().Where(property => property.Name.StartsWith("lsh_", StringComparison.Ordinal)))
        {
            double threshold = double.Parse(property.Name[4..], CultureInfo.InvariantCulture);
            Assert.Equal(new LshBands(property.Value.GetProperty("bands").GetInt32(), property.Value.GetProperty("rows").GetInt32()), LshBands.For(threshold, hasher.Functions));
            using var finder = new DuplicateFinder(threshold, hasher);
            ulong[][] keys = [.. documents.Select(finder.KeysOf)];
            var pairs = new List<int[]>();
            for (int i = 0; i < keys.Length; i++)
            {
                finder.Add(keys[i]);
                pairs.AddRange(Enumerable.Range(i + 1, keys.Length - i - 1).Where(j => keys[i].Zip(keys[j]).Skip(1).Any(pair => pair.First == pair.Second)).Select(j => new[] { i, j }));
            }

            Assert.Equal(property.Value.GetProperty("pairs").EnumerateArray().Select(pair => pair.EnumerateArray().Select(row => row.GetInt32()).ToArray()), pairs);
            Assert.Equal(
                property.Value.GetProperty("kept_after_union").EnumerateArray().Select(row => row.GetInt32()),
                finder.Find().FirstAlike.Index().Where(row => row.Item == row.Index).Select(row => row.Index));
            cases++;
        }

        Assert.Equal(3, cases);
    }

    [Fact]
    public void Keys_of_equal_texts_are_those_of_the_reference()
    {
        JsonElement root = Root();
        string[] documents = Documents(root);
        Assert.All(root.GetProperty("exact").GetProperty("sha256").EnumerateArray().Index(), item =>
            Assert.Equal(item.Item.GetString(), Convert.ToHexString(ExactKey.Hash(documents[item.Index])).ToLowerInvariant()));
    }

    [Fact]
    public void Shared_windows_are_those_of_the_reference()
    {
        JsonElement root = Root();
        string[] documents = Documents(root);
        var overlap = new TestOverlap();
        foreach (string text in documents[..20])
        {
            overlap.Add(text);
        }

        int[][] hits = [.. Enumerable.Range(20, documents.Length - 20).SelectMany(i => overlap.Shared(documents[i]).Select(shared => new[] { i, shared.Key, shared.Value }))];
        Assert.Equal(root.GetProperty("contamination_13gram").GetProperty("hits").EnumerateArray().Select(hit => hit.EnumerateArray().Select(value => value.GetInt32()).ToArray()), hits);
    }

    private static uint[] Sketch(MinHasher hasher, string text)
    {
        var hashes = new List<uint>();
        Shingles.Hash(text, hashes);
        uint[] sketch = new uint[hasher.Functions];
        hasher.Sketch(CollectionsMarshal.AsSpan(hashes), sketch);
        return sketch;
    }

    private static string[] Documents(JsonElement root) => [.. root.GetProperty("docs").EnumerateArray().Select(text => text.GetString()!)];

    private static JsonElement Root()
    {
        using var stream = new GZipStream(File.OpenRead(Goldens.Require("text", "data", "dedup.json.gz")), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return JsonElement.Parse(bytes.ToArray());
    }
}
