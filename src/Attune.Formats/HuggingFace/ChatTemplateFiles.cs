using System.Text;

namespace Attune.Formats;

/// <summary>A chat template of a model.</summary>
/// <param name="Text">The template's source.</param>
/// <param name="Place">Where it stands, for messages: a file, or a file and the key in it.</param>
public sealed record StoredChatTemplate(string Text, string Place);

/// <summary>The chat templates of a Hugging Face folder by name, found where transformers finds them.</summary>
public static class ChatTemplateFiles
{
    /// <summary>Name of the template that is used unless another one is asked for.</summary>
    public const string DefaultName = "default";

    /// <summary>Name of the template that is used where there are tools.</summary>
    public const string ToolsName = "tool_use";

    /// <summary>What names are made of, for messages.</summary>
    internal const string NameRule = "a name of letters, digits, _, - and .";

    private const string Key = "chat_template";
    private const string OldFileName = "chat_template.json";
    private const string FolderName = "additional_chat_templates";
    private const string Extension = ".jinja";
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads the templates of a folder: <c>chat_template.jinja</c> and <c>additional_chat_templates/*.jinja</c>, else the key of <c>tokenizer_config.json</c> (a text, or a list of named ones), else <c>chat_template.json</c>.</summary>
    /// <exception cref="ModelFileException">A file or its key is damaged, or a template's name could not be that of a file.</exception>
    internal static IReadOnlyDictionary<string, StoredChatTemplate> Read(string folder, ModelConfig? tokenizerConfig)
    {
        var found = new Dictionary<string, StoredChatTemplate>(StringComparer.Ordinal);
        string main = Path.Combine(folder, HuggingFaceFolder.TemplateFileName);
        if (File.Exists(main))
        {
            found.Add(DefaultName, Load(main));
        }

        string others = Path.Combine(folder, FolderName);
        string[] files = Directory.Exists(others) ? Directory.GetFiles(others, "*" + Extension) : [];
        foreach (string path in files.Order(StringComparer.Ordinal))
        {
            found.TryAdd(Path.GetFileNameWithoutExtension(path), Load(path));
        }

        if (found.Count == 0 && tokenizerConfig is not null)
        {
            AddOf(tokenizerConfig, found);
        }

        string old = Path.Combine(folder, OldFileName);
        if (found.Count == 0 && File.Exists(old))
        {
            AddOf(ModelConfig.Load(old), found);
        }

        return found;
    }

    /// <summary>Whether a name can be that of a template, and of the file that holds it.</summary>
    internal static bool IsName(string name) => name.Length is > 0 and <= 100 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    /// <summary>Writes the templates that have names of their own into a folder that exists; the default one is <c>chat_template.jinja</c>, which <see cref="HuggingFaceFolder"/> writes.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void WriteNamed(string folder, IReadOnlyDictionary<string, StoredChatTemplate> templates)
    {
        foreach ((string name, StoredChatTemplate template) in templates.Where(entry => entry.Key != DefaultName))
        {
            Directory.CreateDirectory(Path.Combine(folder, FolderName));
            AtomicFile.WriteAllText(Path.Combine(folder, FolderName, name + Extension), template.Text);
        }
    }

    /// <summary>Reads a file that is a template.</summary>
    /// <exception cref="ModelFileException">It cannot be read, is too large or is no text in UTF-8.</exception>
    public static StoredChatTemplate Load(string path)
    {
        try
        {
            return new StoredChatTemplate(StrictUtf8.GetString(ReadableFile.ReadAll(path, JsonFile.MaxConfigBytes)), path);
        }
        catch (DecoderFallbackException error)
        {
            throw ModelFileException.At(path, $"byte {error.Index}", "expected a template in UTF-8, found a byte that is not; save it in UTF-8");
        }
    }

    private static void AddOf(ModelConfig config, Dictionary<string, StoredChatTemplate> found)
    {
        string place = $"{config.Location}, {Key}";
        if (config.FindSections(Key) is not { } named)
        {
            if (config.FindString(Key) is { } only)
            {
                found.Add(DefaultName, new StoredChatTemplate(only, place));
            }

            return;
        }

        foreach (ModelConfig entry in named)
        {
            string name = entry.GetString("name");
            if (!IsName(name))
            {
                throw entry.Wrong("name", NameRule);
            }

            found[name] = new StoredChatTemplate(entry.GetString("template"), $"{place}, {name}");
        }
    }
}
