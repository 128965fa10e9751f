using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Templates;

/// <summary>Reads the reference's templates, contexts and renderings.</summary>
internal static class ChatTemplateGoldens
{
    /// <summary>The clock that the reference was rendered with.</summary>
    public static TimeProvider Clock { get; } = new FixedClock(new DateTime(2024, 7, 26, 13, 45, 6, DateTimeKind.Utc));

    private static readonly Lazy<JsonObject> Contexts = new(() => Read("contexts.json")["contexts"]!.AsObject());

    /// <summary>Names of the templates that were rendered.</summary>
    public static TheoryData<string> Templates()
    {
        string folder = Path.Combine(Goldens.Root, "text", "chat_templates", "rendered");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.json.gz").Select(path => Path.GetFileName(path)[..^".json.gz".Length]).Order(StringComparer.Ordinal)]
            : [Goldens.None];
    }

    /// <summary>How many lines a file of JSON lines has, as numbers from 0.</summary>
    public static TheoryData<int> Lines(string file)
    {
        string path = Path.Combine(Goldens.Root, "text", "chat_templates", file);
        return File.Exists(path) ? [.. Enumerable.Range(0, ReadLines(file).Length)] : [-1];
    }

    public static JsonObject[] ReadLines(string file) => [.. Text(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];

    public static JsonObject Read(string file) => JsonNode.Parse(Text(file))!.AsObject();

    public static string Template(string name) => Text($"templates/{name}.jinja");

    public static ChatTemplateContext Context(string name)
    {
        JsonObject context = Contexts.Value[name]!.AsObject();
        return new ChatTemplateContext
        {
            Messages = context["messages"]!.AsArray(),
            Tools = context["tools"]?.AsArray(),
            Documents = context["documents"]?.AsArray(),
            AddGenerationPrompt = context["add_generation_prompt"]!.GetValue<bool>(),
            ContinueFinalMessage = context["continue_final_message"]!.GetValue<bool>(),
            Variables = context["kwargs"]!.AsObject(),
            Clock = Clock,
        };
    }

    /// <summary>What differs between an outcome and the reference's; null when nothing does.</summary>
    public static string? Difference(JsonObject expected, Func<string> render)
    {
        string? error = expected["error"]?.GetValue<string>();
        try
        {
            string text = render();
            return error is not null ? $"expected {error}, found {JsonSerializer.Serialize(text)}"
                : text == expected["out"]!.GetValue<string>() ? null
                : $"expected {JsonSerializer.Serialize(expected["out"])}\nfound    {JsonSerializer.Serialize(text)}";
        }
        catch (TextException found)
        {
            string? message = expected["message"]?.GetValue<string>();
            return error is null ? $"expected {JsonSerializer.Serialize(expected["out"])}\nfound    {found.Message}"
                : error != "TemplateError" || (found is TemplateException { RaisedByTemplate: true } raised && raised.Reason == message) ? null
                : $"expected the template's message {message}\nfound    {found.Message}";
        }
    }

    private static string Text(string file)
    {
        string path = Goldens.Require(["text", "chat_templates", .. file.Split('/')]);
        using Stream stream = File.OpenRead(path);
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain, System.Text.Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        return reader.ReadToEnd();
    }

    private sealed class FixedClock(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
