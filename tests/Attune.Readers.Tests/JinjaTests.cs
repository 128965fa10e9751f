using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text;

namespace Attune.Readers.Tests;

/// <summary>Jinja2 and @huggingface/jinja render the templates of the reference in every context as the interpreter here does.</summary>
[Trait("Category", "Golden")]
public sealed class JinjaTests
{
    [Fact]
    public void Jinja2_renders_every_template_the_same()
    {
        List<Rendering> renderings = Render(Readers.Python);
        Assert.True(renderings.Count > 2_000, $"only {renderings.Count} renderings");
        Report(renderings.Where(rendering => rendering.Here != rendering.There));
    }

    /// <summary>
    /// Contexts in which it is known to differ from Jinja2 (and from transformers): dictionaries and None are printed as JavaScript has them, and strip takes no characters.
    /// </summary>
    private static readonly string[] KnownDifferences = ["tool_result_object", "tool_call_null_content", "whitespace", "reasoning_last"];

    /// <summary>It knows a part of the language, and lets pass what is an error in Python: compared is what both render.</summary>
    [Fact]
    public void Hugging_Faces_interpreter_renders_what_it_can_the_same()
    {
        List<Rendering> renderings = [.. Render(Readers.Node).Where(rendering => rendering is { Here: not null, There: not null } && !KnownDifferences.Any(rendering.Name.EndsWith))];
        Assert.True(renderings.Count > 1_500, $"only {renderings.Count} renderings are there on both sides");
        Report(renderings.Where(rendering => rendering.Here != rendering.There));
    }

    private static void Report(IEnumerable<Rendering> differences)
    {
        string[] lines = [.. differences.Select(rendering => $"{rendering.Name}: {rendering.Difference}")];
        Assert.True(lines.Length == 0, $"{lines.Length} differ:\n{string.Join('\n', lines.Take(200))}");
    }

    private static List<Rendering> Render(Func<string, JsonNode, JsonNode> reader)
    {
        string folder = Goldens.Require("text", "chat_templates", "templates");
        JsonObject contexts = JsonNode.Parse(File.ReadAllText(Goldens.Require("text", "chat_templates", "contexts.json")))!["contexts"]!.AsObject();
        string[] paths = [.. Directory.EnumerateFiles(folder, "*.jinja").Order(StringComparer.Ordinal)];
        JsonArray answers = reader("jinja", new JsonArray([.. paths.Select(path => new JsonObject
        {
            // Jinja2 does this itself before anything else.
            ["template"] = File.ReadAllText(path).ReplaceLineEndings("\n"),
            ["contexts"] = new JsonArray([.. contexts.Select(context => Variables(context.Value!.AsObject()))]),
        })])).AsArray();
        List<Rendering> renderings = [];
        foreach ((string path, JsonNode? outcomes) in paths.Zip(answers))
        {
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(path), path);
            renderings.AddRange(contexts.Zip(outcomes!.AsArray(), (context, outcome) => new Rendering(
                $"{Path.GetFileNameWithoutExtension(path)} {context.Key}", Render(template, context.Value!.AsObject()), (string?)outcome!["text"], (string?)outcome["error"])));
        }

        return renderings;
    }

    private static JsonObject Variables(JsonObject context)
    {
        JsonObject variables = context["kwargs"]!.DeepClone().AsObject();
        foreach (string key in new[] { "messages", "tools", "documents", "add_generation_prompt" })
        {
            variables[key] = context[key]?.DeepClone();
        }

        foreach (JsonObject message in variables["messages"]?.AsArray().OfType<JsonObject>() ?? [])
        {
            CopyReasoning(message);
        }

        return variables;
    }

    /// <summary>What transformers does before it renders: the names that templates know for what a model thought stand for each other.</summary>
    private static void CopyReasoning(JsonObject message)
    {
        string[] names = ["reasoning_content", "thinking", "reasoning"];
        if (names.Select(name => message[name]).FirstOrDefault(value => value is not null) is { } thought)
        {
            foreach (string name in names.Where(name => message[name] is null))
            {
                message[name] = thought.DeepClone();
            }
        }
    }

    private static string? Render(ChatTemplate template, JsonObject context)
    {
        try
        {
            return template.Render(new ChatTemplateContext
            {
                Messages = context["messages"]!.AsArray(),
                Tools = context["tools"]?.AsArray(),
                Documents = context["documents"]?.AsArray(),
                AddGenerationPrompt = context["add_generation_prompt"]!.GetValue<bool>(),
                Variables = context["kwargs"]!.AsObject(),
                Clock = new FixedClock(),
            }).Text;
        }
        catch (TextException)
        {
            return null;
        }
    }

    /// <summary>What two interpreters made of a template in a context; null for an error.</summary>
    private sealed record Rendering(string Name, string? Here, string? There, string? Error)
    {
        public string Difference
        {
            get
            {
                if (Here is null || There is null)
                {
                    return Here is null ? "an error here only" : $"an error there only: {Error}";
                }

                int same = Here.Zip(There).TakeWhile(pair => pair.First == pair.Second).Count();
                return $"{Part(Here, same)} here, {Part(There, same)} there";
            }
        }

        private static string Part(string text, int from) => JsonSerializer.Serialize(text[from..Math.Min(text.Length, from + 40)]);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 13, 45, 6, TimeSpan.Zero);

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
