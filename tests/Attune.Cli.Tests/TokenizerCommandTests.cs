using System.IO.Compression;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class TokenizerCommandTests
{
    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void A_pointer_of_git_lfs_is_no_tokenizer(string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");
        ToolResult result = Tool.Run("tokenizer", "inspect", path);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{path}: this is no data but a pointer of Git LFS", result.Error, StringComparison.Ordinal);
    }

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

    [Theory]
    [InlineData("a.bin", "'.bin' is the extension of none of them")]
    [InlineData("a.gguf", "the file does not begin as GGUF files do")]
    [InlineData("a", "it has no extension")]
    [InlineData("a.tiktoken", "the file has 1 ranks")]
    [InlineData("a.spm", "byte ")]
    [InlineData("gone.tiktoken", "there is no such file or folder")]
    public void Files_that_hold_no_tokenizer_are_told_what_holds_one(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name.Replace("gone", "other", StringComparison.Ordinal), name.EndsWith(".spm", StringComparison.Ordinal) ? "\u0001" : "IQ== 0\n");
        ToolResult result = Tool.Run("tokenizer", "inspect", folder[name]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Rank_files_and_folders_with_one_GGUF_file_say_what_they_are()
    {
        using var folder = new TemporaryFolder();
        Unpack(Goldens.RequireData("tokenizers", "tiktoken", "cl100k_base.tiktoken.gz"), folder["renamed.tiktoken"]);
        JsonObject ranks = Tool.Run("tokenizer", "inspect", folder["renamed.tiktoken"], "--text", "a<|endofprompt|>", "--json").Succeeded().Json;
        Assert.Equal("tiktoken ranks (cl100k_base)", (string?)ranks["kind"]);
        Assert.Equal(100_277, (int)ranks["vocabulary_size"]!);
        Assert.Equal([64, 100_276], ranks["tokens"]!.AsArray().Select(token => (int)token!["id"]!));

        Directory.CreateDirectory(folder["one"]);
        Unpack(Goldens.RequireData("tokenizers", "gguf", "ggml-vocab-llama-spm.gguf.gz"), Path.Combine(folder["one"], "m.gguf"));
        Assert.StartsWith("GGUF vocabulary (llama", (string?)Tool.Run("tokenizer", "inspect", folder["one"], "--json").Succeeded().Json["kind"], StringComparison.Ordinal);
        File.Copy(Path.Combine(folder["one"], "m.gguf"), Path.Combine(folder["one"], "n.gguf"));
        Assert.Contains("expected one GGUF file, found m.gguf, n.gguf", Tool.Run("tokenizer", "inspect", folder["one"]).Error, StringComparison.Ordinal);
    }

    private static void Unpack(string packed, string path)
    {
        using var content = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        content.CopyTo(file);
    }
}
