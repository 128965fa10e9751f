using System.Text.Json;
using Attune.Retrieval.Chunking;
using Attune.Testing;

namespace Attune.Retrieval.Tests.Chunking;

/// <summary>Sentences, chunks and windows as the reference has them.</summary>
[Trait("Category", "Golden")]
public sealed class ChunkingGoldenTests
{
    private static JsonElement Root => JsonElement.Parse(File.ReadAllBytes(Goldens.Require("text", "data", "chunking.json")));

    [Fact]
    public void Sentences_are_those_labelled_by_hand() =>
        Assert.All(Root.GetProperty("sentences").EnumerateArray(), item =>
        {
            string text = item.GetProperty("text").GetString()!;
            Assert.Equal(Texts(item.GetProperty("sentences")), SentenceSplitter.Split(text).Select(sentence => sentence.Of(text)));
        });

    [Fact]
    public void Recursive_chunks_are_those_of_the_reference() =>
        Assert.All(Root.GetProperty("recursive").EnumerateArray(), item =>
        {
            string text = item.GetProperty("text").GetString()!;
            var splitter = new RecursiveSplitter(item.GetProperty("size").GetInt32(), item.GetProperty("overlap").GetInt32(), Texts(item.GetProperty("separators")));
            Assert.Equal(Texts(item.GetProperty("chunks")), splitter.Split(text, TextUnits.CodePointsOf(text)).Select(chunk => chunk.Of(text)));
        });

    [Fact]
    public void Windows_are_those_of_the_reference() =>
        Assert.All(Root.GetProperty("windows").EnumerateArray(), item =>
            Assert.Equal(
                item.GetProperty("spans").EnumerateArray().Select(span => (span[0].GetInt32(), span[1].GetInt32())),
                Windows.Of(item.GetProperty("tokens").GetInt32(), item.GetProperty("size").GetInt32(), item.GetProperty("overlap").GetInt32())));

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];
}
