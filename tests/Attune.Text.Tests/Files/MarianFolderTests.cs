using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Files;

public sealed class MarianFolderTests : IDisposable
{
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("attune-marian-").FullName;

    public MarianFolderTests()
    {
        WriteModel("source.spm", "\u2581ab", "\u2581a", "b", "\u2581");
        WriteModel("target.spm", "\u2581", "a", "b", "\u2581c");
        Write("vocab.json", ["</s>", "<unk>", "b", "\u2581ab", "a", "\u2581", "\u2581c", "x", ">>fra<<", "<pad>"]);
        Write("tokenizer_config.json", new JsonObject { ["source_lang"] = "eng", ["target_lang"] = "fra" });
        Write("config.json", new JsonObject { ["model_type"] = "marian" });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pieces_of_each_language_have_the_ids_of_the_vocabulary()
    {
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal([3, 2, 0], tokenizer.Encode("abb", addSpecialTokens: true).Ids);
        Assert.Equal([5, 4, 2, 2, 6, 0], tokenizer.ForTargets.Encode("abb c", addSpecialTokens: true).Ids);
        Assert.Equal([3, 3, 0], tokenizer.Encode(new EncodeInput("ab", "ab"), new EncodeOptions()).Ids);
        Assert.Equal([(0, 2), (2, 3)], tokenizer.Encode("abb").Offsets);
        Assert.Equal(10, tokenizer.VocabularySize);
    }

    [Fact]
    public void What_a_language_lacks_may_still_be_a_token_of_the_vocabulary()
    {
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        // x is no piece, but a token; ▁a is a piece and no token; y is neither.
        Assert.Equal([5, 7], tokenizer.Encode("x").Ids);
        Assert.Equal([1], tokenizer.Encode("a").Ids);
        Assert.Equal([5, 1], tokenizer.Encode("y").Ids);
    }

    [Fact]
    public void The_language_to_translate_to_is_a_token()
    {
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal([8, 3, 0], tokenizer.Encode(">>fra<< ab", addSpecialTokens: true).Ids);
        Assert.False(tokenizer.IsSpecial(8));
        Assert.True(tokenizer.IsSpecial(9));
    }

    [Fact]
    public void Decodes_as_SentencePiece_between_special_tokens()
    {
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal("ab c", tokenizer.Decode([3, 6, 0, 9], skipSpecialTokens: true));
        Assert.Equal("ab</s> c<pad>", tokenizer.Decode([3, 0, 6, 9]));
        Assert.Equal("ab c", tokenizer.ForTargets.Decode([5, 4, 2, 6, 0], skipSpecialTokens: true));
    }

    [Fact]
    public void Languages_may_have_vocabularies_of_their_own()
    {
        Write("target_vocab.json", ["<unk>", "</s>", "\u2581c", "<pad>"]);
        Write("tokenizer_config.json", new JsonObject { ["separate_vocabs"] = true });
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal([3, 0], tokenizer.Encode("ab", addSpecialTokens: true).Ids);
        Assert.Equal([2, 1], tokenizer.ForTargets.Encode("c", addSpecialTokens: true).Ids);
        Assert.Equal("c", tokenizer.ForTargets.Decode([2, 1], skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("target.spm", "needs target.spm, which is not there")]
    [InlineData("vocab.json", "needs vocab.json, which is not there")]
    public void Says_which_file_is_missing(string name, string expected)
    {
        File.Delete(Path.Combine(_folder, name));
        Assert.Contains(expected, Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_without_the_unknown_token_is_refused()
    {
        Write("vocab.json", ["</s>", "a"]);
        Assert.Contains("vocab.json: expected the unknown token '<unk>', found none", Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    private void WriteModel(string name, params string[] pieces) => File.WriteAllBytes(
        Path.Combine(_folder, name),
        SmallSentencePiece.Model(1, [("</s>", 0, Control), ("<unk>", 0, Unknown), .. pieces.Select((piece, index) => (piece, -1f - index, Normal))], removesBlanks: true));

    private void Write(string name, string[] tokens) => Write(name, new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))));

    private void Write(string name, JsonObject content) => File.WriteAllText(Path.Combine(_folder, name), content.ToJsonString());
}
