namespace Attune.Formats;

/// <summary>The chat templates in the metadata of a GGUF file: the default one, those with names under its key with the name behind, and the list of the names.</summary>
internal static class GgufChatTemplates
{
    private const string Key = "tokenizer.chat_template";

    private const string NamesKey = "tokenizer.chat_templates";

    /// <summary>The templates by name; the list of names adds nothing to the keys and is not read.</summary>
    /// <exception cref="ModelFileException">A template is no text, or its name could not be that of a file.</exception>
    public static IReadOnlyDictionary<string, StoredChatTemplate> Read(GgufMetadata metadata)
    {
        var found = new Dictionary<string, StoredChatTemplate>(StringComparer.Ordinal);
        foreach (string key in metadata.Pairs.Select(pair => pair.Key).Where(key => key == Key || key.StartsWith($"{Key}.", StringComparison.Ordinal)))
        {
            string name = key == Key ? ChatTemplateFiles.DefaultName : key[(Key.Length + 1)..];
            if (!ChatTemplateFiles.IsName(name) || !found.TryAdd(name, new StoredChatTemplate(metadata.GetString(key)!, $"{metadata.Location}, {key}")))
            {
                throw ModelFileException.At(metadata.Location, $"key '{key}'", $"expected {ChatTemplateFiles.NameRule} behind '{Key}.', each once");
            }
        }

        return found;
    }

    /// <summary>Writes templates, the names as llama.cpp's converter spells them: letters, digits and _.</summary>
    /// <exception cref="ModelFileException">Two have the same name then.</exception>
    public static void Write(IReadOnlyDictionary<string, StoredChatTemplate> templates, GgufMetadata metadata)
    {
        var names = new List<string>();
        foreach ((string name, StoredChatTemplate template) in templates)
        {
            if (name == ChatTemplateFiles.DefaultName)
            {
                metadata[Key] = template.Text;
                continue;
            }

            string spelled = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            if (spelled == ChatTemplateFiles.DefaultName || names.Contains(spelled))
            {
                throw new ModelFileException($"chat template: {template.Place}: a second one has the name '{spelled}', as GGUF files spell '{name}'; rename one of them");
            }

            names.Add(spelled);
            metadata[$"{Key}.{spelled}"] = template.Text;
        }

        if (names.Count > 0)
        {
            metadata[NamesKey] = names.ToArray();
        }
    }
}
