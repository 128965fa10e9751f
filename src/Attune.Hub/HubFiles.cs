namespace Attune.Hub;

/// <summary>Which files of a repository are fetched: kinds that are read as data. Anything else, code above all, stays where it is.</summary>
internal static class HubFiles
{
    private static readonly string[] ModelNames =
    [
        "config.json", "generation_config.json", "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt",
        "tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model", "sentencepiece.model", "source.spm", "target.spm", "target_vocab.json", "qwen.tiktoken",
        "chat_template.jinja", "chat_template.json",
        "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "adapters.safetensors",
        "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json", "preprocessor_config.json",
    ];

    private static readonly string[] TokenizerNames =
        ["tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model", "sentencepiece.model", "source.spm", "qwen.tiktoken"];

    private static readonly string[] DataExtensions = [".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".arrow", ".feather"];

    private static readonly string[] NoData = ["dataset_infos.json", "README.txt", "LICENSE.txt", "requirements.txt"];

    /// <summary>Chooses from the paths of a repository.</summary>
    /// <exception cref="HubException">A path leads out of the repository, or what is left does not make a whole.</exception>
    public static IReadOnlyList<string> Choose(HubAddress address, IReadOnlyList<string> paths)
    {
        foreach (string path in paths.Where(path => !IsPlain(path)))
        {
            throw new HubException($"{address}: the repository has a file '{path}', which would not lie inside its folder");
        }

        string[] chosen = [.. paths.Where(path => path.StartsWith(address.Path, StringComparison.Ordinal) && (address.Kind == HubKind.Model ? IsModelFile(path) : IsDataFile(path)))];
        chosen = address.Kind == HubKind.Model ? ChooseWeights(address, chosen) : chosen;
        return chosen.Length > 0
            ? chosen
            : throw new HubException($"{address}: none of its {paths.Count} files is of a kind that is read{(address.Path.Length > 0 ? $" and begins with '{address.Path}'" : "")}");
    }

    // Weights stand in a folder of a repository in several forms; one is enough. Folders below hold other parts of the model.
    private static string[] ChooseWeights(HubAddress address, string[] paths)
    {
        if (address.WithoutWeights && paths.Any(path => TokenizerNames.Contains(NameOf(path))))
        {
            return [.. paths.Where(path => !IsGguf(path) && !IsSafetensors(path) && !path.EndsWith(".bin", StringComparison.Ordinal))];
        }

        HashSet<string> folders = [.. paths.Where(path => IsSafetensors(path) || path.EndsWith(".bin", StringComparison.Ordinal)).Select(FolderOf)];
        HashSet<string> forms = [.. paths.Where(IsSafetensors).Select(FormOf)];
        string[] chosen = [.. paths.Where(path => IsGguf(path) ? !Above(path).Any(folders.Contains) : IsSafetensors(path) || !IsPickled(path) || !forms.Contains(FormOf(path)))];
        string[] ggufs = [.. chosen.Where(IsGguf)];
        return ggufs.Length <= 1
            ? chosen
            : throw new HubException($"{address}: there are several GGUF files; name one: {string.Join(", ", ggufs.Take(20).Select(path => (address with { Path = path }).ToString()))}");
    }

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static bool IsSafetensors(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    private static bool IsPickled(string path) => NameOf(path) is var name && (name.StartsWith("pytorch_model", StringComparison.Ordinal) || name == "adapter_model.bin");

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    /// <summary>A folder and which weights of it a file holds: those of a model or of an adapter.</summary>
    private static string FormOf(string path) => FolderOf(path) + (NameOf(path).StartsWith("adapter", StringComparison.Ordinal) ? "adapter" : "model");

    /// <summary>The folder of a file and those above it.</summary>
    private static IEnumerable<string> Above(string path)
    {
        for (string folder = FolderOf(path); ; folder = FolderOf(folder[..^1]))
        {
            yield return folder;
            if (folder.Length == 0)
            {
                yield break;
            }
        }
    }

    private static bool IsModelFile(string path)
    {
        string name = NameOf(path);
        return ModelNames.Contains(name)
            || IsGguf(name)
            || (name.EndsWith(".jinja", StringComparison.Ordinal) && FolderOf(path).EndsWith("additional_chat_templates/", StringComparison.Ordinal))
            || (name.StartsWith("model-", StringComparison.Ordinal) && IsSafetensors(name))
            || (name.StartsWith("pytorch_model-", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal));
    }

    private static bool IsDataFile(string path)
    {
        string name = NameOf(path);
        string content = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        return !name.StartsWith('.') && !NoData.Contains(name) && DataExtensions.Any(extension => content.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsPlain(string path) =>
        path.Length is > 0 and < 1024 && path[0] != '/' && !path.Contains('\\') && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or ".."));
}
