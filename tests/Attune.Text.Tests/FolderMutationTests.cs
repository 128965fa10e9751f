using Attune.Testing;

namespace Attune.Text.Tests;

/// <summary>A folder of a tokenizer with one damaged file is refused with a <see cref="TextException"/> or works.</summary>
public sealed class FolderMutationTests : IDisposable
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["vocab.json"] = SmallTokenizers.ByteLevelJson()["model"]!["vocab"]!.ToJsonString(),
        ["merges.txt"] = "#version: 0.2\n" + string.Concat(SmallTokenizers.ByteLevelJson()["model"]!["merges"]!.AsArray().Select(merge => $"{merge![0]} {merge[1]}\n")),
        ["tokenizer_config.json"] =
            """{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":false,"bos_token":{"content":"<|end|>","lstrip":false},"eos_token":"<|end|>","unk_token":null,"model_max_length":64,"additional_special_tokens":["<x>"]}""",
        ["special_tokens_map.json"] = """{"bos_token":"<|end|>","pad_token":{"content":"<pad>","single_word":false}}""",
        ["added_tokens.json"] = """{"<y>":900,"<z>":901}""",
    };

    // Files are damaged by the thousand: in memory, where there is such a file system.
    private readonly string _folder = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", $"attune-{Guid.NewGuid():n}") : Directory.CreateTempSubdirectory("attune-").FullName;

    public FolderMutationTests() => Directory.CreateDirectory(_folder);

    public static TheoryData<string> Names => [.. Files.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_files_are_refused_or_work(string name) => Check(name, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Names))]
    public void Many_damaged_files_are_refused_or_work(string name) => Check(name, Fuzz.Slow);

    private void Check(string name, int count)
    {
        foreach ((string file, string content) in Files)
        {
            File.WriteAllText(Path.Combine(_folder, file), content);
        }

        Use();
        Fuzz.Run<TextException>(System.Text.Encoding.UTF8.GetBytes(Files[name]), count, mutant =>
        {
            File.WriteAllBytes(Path.Combine(_folder, name), mutant);
            Use();
        });
    }

    private void Use()
    {
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);
        tokenizer.Decode(tokenizer.Encode("the quick <|end|> é<x>\n", addSpecialTokens: true).Ids, skipSpecialTokens: true);
    }
}
