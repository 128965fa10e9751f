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
        Assert.Contains("40 texts", Tool.Run("tokenizer", "train", "--data", text, "--kind", kind, "--output", output, "--force").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_are_cut_into_parts_and_ids_made_text_again()
    {
        using var folder = new TemporaryFolder();
        string text = folder.Write("corpus.txt", string.Concat(Enumerable.Repeat("the lowest of the newest words\nand the widest\n", 20)));
        string own = folder["own"];
        Tool.Run("tokenizer", "train", "--data", text, "--kind", "wordpiece", "--vocab-size", "60", "--output", own).Succeeded();
        string[] pair = ["tokenizer", "inspect", own, "--text", "the lowest", "--text-pair", "of the newest words", "--add-special-tokens", "--json"];
        JsonArray whole = Tool.Run(pair).Succeeded().Json["tokens"]!.AsArray();
        JsonObject cut = Tool.Run([.. pair, "--max-length", $"{whole.Count - 2}", "--stride", "1"]).Succeeded().Json;
        JsonArray[] parts = [cut["tokens"]!.AsArray(), .. cut["overflow"]!.AsArray().Select(part => part!.AsArray())];
        Assert.True(parts.Length > 1);
        Assert.All(parts, part => Assert.InRange(part.Count, 1, whole.Count - 2));
        int[] Places(IEnumerable<JsonNode?> tokens) => [.. tokens.Where(token => (int?)token!["sequence"] == 1).Select(token => (int)token!["start"]!).Distinct().Order()];
        Assert.Equal(Places(whole), Places(parts.SelectMany(part => part)));
        Assert.Equal([0, 1], whole.Select(token => (int)token!["type"]!).Distinct().Order());

        string[] ids = [.. whole.Where(token => token!["sequence"] is not null).Select(token => $"{token!["id"]}")];
        Assert.Equal("the lowest of the newest words", (string)Tool.Run(["tokenizer", "inspect", own, "--json", "--ids", .. ids]).Succeeded().Json["decoded"]!);
    }

    [Theory]
    [InlineData("--text is missing", "--text-pair", "b")]
    [InlineData("--max-length is missing", "--text", "a", "--stride", "1")]
    [InlineData("stride", "--text", "a", "--max-length", "4", "--stride", "9")]
    [InlineData("99999", "--ids", "99999")]
    public void What_cannot_be_encoded_or_decoded_is_refused(string expected, params string[] options)
    {
        using var folder = new TemporaryFolder();
        string text = folder.Write("corpus.txt", string.Concat(Enumerable.Repeat("the lowest of the newest words\n", 20)));
        string own = folder["own"];
        Tool.Run("tokenizer", "train", "--data", text, "--kind", "bpe", "--vocab-size", "300", "--output", own).Succeeded();
        ToolResult result = Tool.Run(["tokenizer", "inspect", own, .. options]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("corpus.txt.gz")]
    [InlineData("corpus.jsonl")]
    [InlineData("corpus.csv")]
    public void Texts_are_read_from_all_data_files(string name)
    {
        using var folder = new TemporaryFolder();
        string[] lines = [.. Enumerable.Range(0, 30).Select(number => $"the lowest of the {number} newest words")];
        string text = string.Join('\n', lines);
        string data = folder[name];
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var packed = new GZipStream(File.Create(data), CompressionLevel.Fastest);
            packed.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        else
        {
            File.WriteAllText(data, name.EndsWith(".csv", StringComparison.Ordinal) ? "content\n" + text : string.Join('\n', lines.Select(line => $$"""{"content": "{{line}}"}""")));
        }

        Tool.Run("tokenizer", "train", folder.Write("plain.txt", text), "--vocab-size", "300", "--output", folder["plain"]).Succeeded();
        Tool.Run("tokenizer", "train", data, "--vocab-size", "300", "--output", folder["own"]).Succeeded();
        Assert.Equal(File.ReadAllText(Path.Combine(folder["plain"], "tokenizer.json")), File.ReadAllText(Path.Combine(folder["own"], "tokenizer.json")));
    }

    [Theory]
    [InlineData("latin.txt", "line 2")]
    [InlineData("gzip.txt", "UTF-8")]
    [InlineData("gone.txt", "there is no such data file")]
    [InlineData("empty.txt", "there are no rows")]
    [InlineData("chats.jsonl", "text")]
    public void What_is_no_text_is_refused_by_name(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["latin.txt"], [.. "caf\n"u8, 0xE9, 0x0A]);
        File.WriteAllBytes(folder["gzip.txt"], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0x13, 0x0A]);
        folder.Write("empty.txt", "");
        folder.Write("chats.jsonl", """{"messages": []}""");
        ToolResult result = Tool.Run("tokenizer", "train", folder[name], "--output", folder["own"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(name, result.Error, StringComparison.Ordinal);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["own"]));
    }

    [Theory]
    [InlineData("tokenizer", "train", "hf:org/texts", "--output", "OUTPUT")]
    [InlineData("bench", "tokenize", "--model", "models/attune-base", "--data", "hf:org/texts")]
    [InlineData("init", "--config", "hf:org/model", "--output", "OUTPUT")]
    [InlineData("pretrain", "--config", "hf:org/model", "--data", "README.md", "--output", "OUTPUT")]
    public void Data_sets_and_models_may_be_addresses(params string[] words)
    {
        using var folder = new TemporaryFolder();
        ToolResult result = Tool.Offline(folder.Path, [.. words.Select(word => word == "OUTPUT" ? folder["output"] : word)]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("HF_HUB_OFFLINE forbids to ask the hub", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alphabet_that_is_larger_than_the_vocabulary_is_told()
    {
        using var folder = new TemporaryFolder();
        ToolResult result = Tool.Run("tokenizer", "train", folder.Write("a.txt", "aa aa\n"), "--vocab-size", "100", "--output", folder["own"]).Succeeded();
        Assert.Contains("the alphabet and the special tokens alone are 257 tokens, more than vocab_size = 100", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Unigram_has_no_least_frequency()
    {
        using var folder = new TemporaryFolder();
        ToolResult result = Tool.Run("tokenizer", "train", folder.Write("a.txt", "a"), "--kind", "unigram", "--min-frequency", "2", "--output", folder["own"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("min_frequency: unigram merges no pairs", result.Error, StringComparison.Ordinal);
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
    [InlineData("vocab.json", "one of several files of a tokenizer; give their folder")]
    [InlineData("merges.txt", "one of several files of a tokenizer; give their folder")]
    [InlineData("vocab.txt", "expected the special token '[UNK]' among the lines, found none such in 1;")]
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
