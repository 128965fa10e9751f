using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class TokenizerCommandTests
{
    [Theory]
    [InlineData("bpe", 300)]
    [InlineData("bpe-digits", 300)]
    [InlineData("wordpiece", 60)]
    [InlineData("unigram", 60)]
    public void What_was_trained_can_be_inspected(string kind, int size)
    {
        using var folder = new TemporaryFolder();
        string text = folder.Write("corpus.txt", string.Concat(Enumerable.Repeat("the lowest of the newest words\nand the widest\n", 20)));
        string output = folder["own"];
        JsonObject trained = Tool.Run("tokenizer", "train", "--data", text, "--kind", kind, "--vocab-size", $"{size}", "--output", output, "--json").Succeeded().Json;
        Assert.Equal(40, (int)trained["texts"]!);
        Assert.InRange((int)trained["vocabulary_size"]!, 20, size);

        JsonObject inspected = Tool.Run("tokenizer", "inspect", output, "--text", "the lowest", "--json").Succeeded().Json;
        Assert.Equal((int)trained["vocabulary_size"]!, (int)inspected["vocabulary_size"]!);
        Assert.NotEmpty(inspected["special_tokens"]!.AsObject());
        Assert.Equal(10, (int)inspected["tokens"]!.AsArray()[^1]!["end"]!);
        Assert.Contains("40 lines", Tool.Run("tokenizer", "train", "--data", text, "--kind", kind, "--output", output, "--force").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Digits_stand_on_their_own_where_that_was_asked_for()
    {
        using var folder = new TemporaryFolder();
        string text = folder.Write("corpus.txt", string.Concat(Enumerable.Repeat("order 1212 of 1212\n", 20)));
        Tool.Run("tokenizer", "train", "--data", text, "--kind", "bpe-digits", "--output", folder["own"]).Succeeded();
        JsonArray tokens = Tool.Run("tokenizer", "inspect", folder["own"], "--text", "order1212", "--json").Succeeded().Json["tokens"]!.AsArray();
        Assert.Equal([5, 1, 1, 1, 1], tokens.Select(token => (int)token!["end"]! - (int)token["start"]!));
    }

    [Fact]
    public void Says_what_is_missing_or_unknown()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("did you mean 'tokenizer train'", Tool.Run("tokenizer", "trian").Error, StringComparison.Ordinal);
        Assert.Contains("--data is missing", Tool.Run("tokenizer", "train", "--output", folder["x"]).Error, StringComparison.Ordinal);
        Assert.Contains("no tokenizer layout 'words'", Tool.Run("tokenizer", "train", "--data", folder.Write("a.txt", "a"), "--kind", "words", "--output", folder["x"]).Error, StringComparison.Ordinal);
        Assert.Contains("none of them is there", Tool.Run("tokenizer", "inspect", folder.Path).Error, StringComparison.Ordinal);
    }
}
