using System.Diagnostics;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Formats;
using Attune.Inference;

namespace Attune.Cli.Commands;

/// <summary>Settings of the prompt of <c>attune generate</c>.</summary>
internal sealed record PromptOptions
{
    /// <summary>The text to answer or to continue. Default: standard input.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file of prompts, one in each line, or JSON Lines with a field "prompt" (.jsonl); the answers are JSON Lines in the same order. Default: none.</summary>
    public string? Prompts { get; init; }

    /// <summary>Prompts of a file that are answered at a time; more take more memory and little more time. Range: 1 to 1024. Default: 8.</summary>
    public int Streams { get; init; } = 8;

    /// <summary>A system message before the prompt; needs a chat template. Default: none.</summary>
    public string? System { get; init; }

    /// <summary>Put the prompt into the chat template as a user's message. Default: where the model has one.</summary>
    public bool Chat { get; init; }

    /// <summary>Continue the prompt as it is, without the chat template. Default: where the model has none.</summary>
    public bool Raw { get; init; }
}

/// <summary><c>attune generate</c>.</summary>
internal sealed class GenerateCommand : ToolCommand
{
    private const int MaxPromptCharacters = 1 << 24;

    public override string Name => "generate";

    public override string Summary => "Generate text: answer a prompt, or continue it.";

    public override IReadOnlyList<string> Remarks =>
    [
        "The text is written as it comes. A model with a chat template answers the prompt as a user's message; --raw continues it as it is; an encoder-decoder such as T5 reads it and writes another text.",
        "What is not given under Generation is taken from the model's generation_config.json. The settings have transformers' names, meanings and order.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune generate --model SmolLM2-135M-Instruct --prompt \"Name three rivers.\" --max-new-tokens 64",
        "attune generate --model SmolLM2-135M-Instruct --adapter runs/quotes --prompt \"On patience:\" --temperature 0.7 --seed 1",
        "attune generate --model SmolLM2-135M-Instruct --prompts questions.jsonl --max-new-tokens 128 --streams 8",
        "attune generate --model flan-t5-small --prompt \"translate English to German: Good morning.\" --num-beams 4",
        "echo \"Once upon a time\" | attune generate --model stories.gguf --raw",
    ];

    public override IReadOnlyList<string> JsonFields => ["text", "token_ids", "finish_reason", "prompt_tokens", "load_seconds", "first_token_seconds", "tokens_per_second", "answers"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<ModelOptions>("Model").Add<PromptOptions>("Prompt").Add<GenerationOptions>("Generation", ModelGeneration.HiddenKeys);

    public override JsonObject Run(CommandContext context)
    {
        ModelOptions modelOptions = context.Values.Build<ModelOptions>();
        PromptOptions prompt = context.Values.Build<PromptOptions>();
        context.Values.Build<GenerationOptions>().Validate();
        if (prompt is { Chat: true, Raw: true })
        {
            throw new UsageException("--chat and --raw exclude each other");
        }

        if (prompt is { Prompt: not null, Prompts: not null })
        {
            throw new UsageException("--prompt and --prompts exclude each other");
        }

        if (prompt.Streams is < 1 or > 1024)
        {
            throw new UsageException($"streams: expected a number from 1 to 1024, found {prompt.Streams}");
        }

        string[]? prompts = prompt.Prompts is null ? null : PromptFile.Read(prompt.Prompts);
        using ModelFile file = ModelFile.Open(CommandContext.Require(modelOptions.Model, "model", "a Hugging Face folder or a GGUF file"));
        ModelText text = ModelText.Open(file, modelOptions.ChatTemplate);
        GenerationOptions options = ModelGeneration.Options(context.Values, file, text);
        if (prompts is not null)
        {
            return Answer(context, prompts, [.. prompts.Select(each => Encode(text, prompt, each))], text, file, modelOptions, options, prompt.Streams);
        }

        int[] ids = Encode(text, prompt, prompt.Prompt ?? ReadStandardInput());
        long started = Stopwatch.GetTimestamp();
        using ModelSession session = ModelSession.LoadWriter(file, modelOptions, context.Cancellation);
        double loadSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        GenerationResult result = session.CreateGenerator(text).Generate(ids, options, context.Terminal.Stream, context.Cancellation);
        context.Terminal.Result("");
        context.Cancellation.ThrowIfCancellationRequested();
        double rate = result.DecodeSeconds > 0 ? (result.TokenIds.Count - 1) / result.DecodeSeconds : 0;
        return new JsonObject
        {
            ["text"] = result.Text,
            ["token_ids"] = new JsonArray([.. result.TokenIds.Select(id => (JsonNode)id)]),
            ["finish_reason"] = result.FinishReason,
            ["prompt_tokens"] = result.PromptTokens,
            ["load_seconds"] = loadSeconds,
            ["first_token_seconds"] = result.PrefillSeconds,
            ["tokens_per_second"] = rate,
        };
    }

    /// <summary>Answers a file of prompts; each answer is written when all before it are.</summary>
    private static JsonObject Answer(
        CommandContext context, string[] prompts, int[][] ids, ModelText text, ModelFile file, ModelOptions modelOptions, GenerationOptions options, int streams)
    {
        using ModelSession session = ModelSession.LoadWriter(file, modelOptions, context.Cancellation);
        var answers = new JsonObject?[prompts.Length];
        int written = 0;
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<GenerationResult> results = session.CreateGenerator(text).Generate(ids, options, streams, Take, context.Cancellation);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        context.Cancellation.ThrowIfCancellationRequested();
        return new JsonObject
        {
            ["answers"] = new JsonArray([.. answers]),
            ["tokens_per_second"] = results.Sum(result => result.TokenIds.Count) / seconds,
        };

        void Take(int index, GenerationResult result)
        {
            answers[index] = new JsonObject { ["prompt"] = prompts[index], ["text"] = result.Text, ["finish_reason"] = result.FinishReason, ["prompt_tokens"] = result.PromptTokens };
            for (; written < answers.Length && answers[written] is { } next; written++)
            {
                context.Terminal.Result(JsonText.Line(next));
            }
        }
    }

    private static int[] Encode(ModelText text, PromptOptions options, string prompt)
    {
        bool chat = options.Chat || options.System is not null || (!options.Raw && text.HasTemplate);
        if (!chat)
        {
            return text.EncodeRaw(prompt);
        }

        if (options.Raw)
        {
            throw new UsageException("--system needs the chat template; leave --raw out");
        }

        var messages = new JsonArray();
        if (options.System is { } system)
        {
            messages.Add(ModelText.Message("system", system));
        }

        messages.Add(ModelText.Message("user", prompt));
        return text.EncodeChat(messages);
    }

    private static string ReadStandardInput()
    {
        if (!Console.IsInputRedirected)
        {
            throw new UsageException("--prompt is missing; give a text, or pipe one in");
        }

        char[] buffer = new char[1 << 12];
        var text = new System.Text.StringBuilder();
        for (int count; (count = Console.In.Read(buffer)) > 0;)
        {
            text.Append(buffer.AsSpan(0, count));
            if (text.Length > MaxPromptCharacters)
            {
                throw new UsageException($"the prompt on standard input is longer than {MaxPromptCharacters} characters");
            }
        }

        // The last line's end is the shell's, not the prompt's.
        return text.ToString().TrimEnd('\r', '\n');
    }
}
