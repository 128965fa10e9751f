using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Models.Heads;

/// <summary>How one vector is made of a text's states, as the files of sentence-transformers say.</summary>
/// <param name="Pooling">Which states are taken.</param>
/// <param name="Normalize">Whether vectors are brought to length 1.</param>
public sealed record SentencePooling(Pooling Pooling, bool Normalize)
{
    /// <summary>Name of the file that lists a model's modules.</summary>
    public const string ModulesName = "modules.json";

    private const int MostBytes = 1 << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The spellings of poolings in their configuration, old (a key each) and new (one word).</summary>
    private static readonly (string Key, string Word, Pooling? Pooling)[] Modes =
    [
        ("pooling_mode_cls_token", "cls", Heads.Pooling.First),
        ("pooling_mode_mean_tokens", "mean", Heads.Pooling.Mean),
        ("pooling_mode_lasttoken", "lasttoken", Heads.Pooling.Last),
        ("pooling_mode_max_tokens", "max", null),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", null),
        ("pooling_mode_weightedmean_tokens", "weightedmean", null),
    ];

    /// <summary>What sentence-transformers does with a model that has no such files: the mean of all states.</summary>
    public static SentencePooling Default { get; } = new(Pooling.Mean, false);

    /// <summary>What sentence-transformers, and GGUF files, call the pooling.</summary>
    public string Word => Array.Find(Modes, mode => mode.Pooling == Pooling).Word;

    /// <summary>How a model's own files say that vectors are made; null when they say nothing.</summary>
    /// <exception cref="ModelFileException">A file is damaged, or names something that is not known.</exception>
    public static SentencePooling? Of(ModelFile model) => (Directory.Exists(model.Path) ? Read(model.Path) : null)
        ?? (model.Pooling is { } word ? new SentencePooling(Array.Find(Modes, mode => mode.Word == word).Pooling!.Value, Normalize: true) : null);

    /// <summary>Reads <c>modules.json</c> and the pooling's configuration of a folder; null when the folder has none.</summary>
    /// <exception cref="ModelFileException">A file is damaged, or names something that is not known.</exception>
    public static SentencePooling? Read(string folder)
    {
        string path = Path.Combine(folder, ModulesName);
        if (!File.Exists(path))
        {
            return null;
        }

        Pooling? pooling = null;
        bool normalize = false;
        foreach ((string type, string place) in Modules(path))
        {
            switch (type[(type.LastIndexOf('.') + 1)..])
            {
                case "Transformer":
                    break;
                case "Pooling":
                    pooling = ReadPooling(Path.Combine(folder, place, HuggingFaceFolder.ConfigFileName));
                    break;
                case "Normalize":
                    normalize = true;
                    break;
                default:
                    throw new ModelFileException($"file: {path}: expected modules of the types Transformer, Pooling and Normalize, found '{type}', which is not supported");
            }
        }

        return new SentencePooling(pooling ?? throw new ModelFileException($"file: {path}: expected a module of the type Pooling, found none"), normalize);
    }

    /// <summary>The files of a folder that say how vectors are made, as paths below it; empty when it has none.</summary>
    /// <exception cref="ModelFileException">A file is damaged.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        string path = Path.Combine(folder, ModulesName);
        string[] candidates = !File.Exists(path)
            ? []
            : [ModulesName, "config_sentence_transformers.json", "sentence_bert_config.json", .. Modules(path).Where(module => module.Path.Length > 0).Select(module => Path.Combine(module.Path, HuggingFaceFolder.ConfigFileName))];
        return [.. candidates.Where(name => File.Exists(Path.Combine(folder, name)))];
    }

    /// <summary>Writes the files that say it into a folder that exists.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="width">Width of the states.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(string folder, int width)
    {
        string[] modules = ["Transformer", "Pooling", .. Normalize ? ["Normalize"] : Array.Empty<string>()];
        var list = new JsonArray([.. modules.Select((type, i) => (JsonNode)new JsonObject
        {
            ["idx"] = i,
            ["name"] = $"{i}",
            ["path"] = i == 0 ? "" : $"{i}_{type}",
            ["type"] = $"sentence_transformers.models.{type}",
        })]);
        AtomicFile.WriteAllText(Path.Combine(folder, ModulesName), list.ToJsonString(Indented));
        string place = Path.Combine(folder, "1_Pooling");
        Directory.CreateDirectory(place);
        var config = new JsonObject { ["word_embedding_dimension"] = width };
        foreach ((string key, _, Pooling? pooling) in Modes)
        {
            config[key] = pooling == Pooling;
        }

        AtomicFile.WriteAllText(Path.Combine(place, HuggingFaceFolder.ConfigFileName), config.ToJsonString(Indented));
    }

    private static List<(string Type, string Path)> Modules(string path)
    {
        List<(string Type, string Path)> modules = [];
        using JsonDocument document = Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new ModelFileException($"file: {path}: expected a list of modules, found {document.RootElement.ValueKind}");
        }

        foreach (JsonElement module in document.RootElement.EnumerateArray())
        {
            if (Text(module, "type") is not { } type || Text(module, "path") is not { } place || Path.IsPathRooted(place) || place.Contains("..", StringComparison.Ordinal))
            {
                throw new ModelFileException($"file: {path}: expected modules with a type and a path below the folder, found {Shorten(module.GetRawText())}");
            }

            modules.Add((type, place));
        }

        return modules;
    }

    private static Pooling ReadPooling(string path)
    {
        ModelConfig config = ModelConfig.Load(path);
        (string Key, string Word, Pooling? Pooling)[] chosen = config.FindString("pooling_mode") is { } word
            ? [.. Modes.Where(mode => mode.Word == word)]
            : [.. Modes.Where(mode => config.GetBoolean(mode.Key, false))];
        return chosen is [(_, _, { } pooling)]
            ? pooling
            : throw new ModelFileException(
                $"file: {path}: expected one pooling of cls, mean and lasttoken, found {(chosen.Length == 0 ? "none" : string.Join(", ", chosen.Select(mode => mode.Word)))}");
    }

    private static JsonDocument Parse(string path)
    {
        if (new FileInfo(path).Length > MostBytes)
        {
            throw new ModelFileException($"file: {path}: expected at most {MostBytes} bytes");
        }

        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException error)
        {
            throw new ModelFileException($"file: {path}: expected JSON: {error.Message}", error);
        }
    }

    private static string? Text(JsonElement module, string key) =>
        module.ValueKind == JsonValueKind.Object && module.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Shorten(string text) => text.Length > 100 ? text[..100] + "..." : text;
}
