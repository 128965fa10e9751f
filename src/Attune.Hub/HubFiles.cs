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
        "adapter_config.json", "adapter_model.safetensors", "adapters.safetensors",
        "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json", "preprocessor_config.json",
    ];

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

    // Weights stand in a repository in several forms; one is enough.
    private static string[] ChooseWeights(HubAddress address, string[] paths)
    {
        string[] ggufs = [.. paths.Where(path => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))];
        bool hasSafetensors = paths.Any(path => path.EndsWith(".safetensors", StringComparison.Ordinal));
        bool hasFolder = hasSafetensors || paths.Any(path => path.EndsWith(".bin", StringComparison.Ordinal));
        if (!hasFolder && ggufs.Length > 1)
        {
            throw new HubException($"{address}: there are several GGUF files; name one: {string.Join(", ", ggufs.Take(20).Select(path => (address with { Path = path }).ToString()))}");
        }

        return [.. paths.Where(path => !(hasFolder && ggufs.Contains(path)) && !(hasSafetensors && path.Contains("pytorch_model", StringComparison.Ordinal)))];
    }

    private static bool IsModelFile(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return ModelNames.Contains(name)
            || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            || (name.StartsWith("model-", StringComparison.Ordinal) && name.EndsWith(".safetensors", StringComparison.Ordinal))
            || (name.StartsWith("pytorch_model-", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal));
    }

    private static bool IsDataFile(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        string content = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        return !name.StartsWith('.') && !NoData.Contains(name) && DataExtensions.Any(extension => content.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsPlain(string path) =>
        path.Length is > 0 and < 1024 && path[0] != '/' && !path.Contains('\\') && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or ".."));
}
