using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Formats;
using Attune.Inference;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune chat</c>.</summary>
internal sealed record ChatOptions
{
    /// <summary>A system message at the beginning of the conversation. Default: none, or what the template puts there itself.</summary>
    public string? System { get; init; }
}

/// <summary><c>attune chat</c>.</summary>
internal sealed class ChatCommand : ToolCommand
{
    private const string Commands = "/reset forgets the conversation, /exit leaves, /help says this again";

    public override string Name => "chat";

    public override string Summary => "Talk with a model: each line is a message, the answer is written as it comes.";

    public override IReadOnlyList<string> Remarks =>
    [
        "/reset forgets the conversation, /exit or the end of the input leaves. Ctrl-C leaves, too. Messages may be piped in, one a line.",
        "What is not given under Generation is taken from the model's generation_config.json.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune chat --model SmolLM2-135M-Instruct --adapter runs/quotes --temperature 0.7",
        "printf 'Hello\\nWho are you?\\n' | attune chat --model SmolLM2-135M-Instruct --json",
    ];

    public override IReadOnlyList<string> JsonFields => ["messages"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<ModelOptions>("Model").Add<ChatOptions>("Conversation").Add<GenerationOptions>("Generation", ModelGeneration.HiddenKeys);

    public override JsonObject Run(CommandContext context)
    {
        ModelOptions modelOptions = context.Values.Build<ModelOptions>();
        ChatOptions chat = context.Values.Build<ChatOptions>();
        context.Values.Build<GenerationOptions>().Validate();
        using ModelFile file = ModelFile.Open(CommandContext.Require(modelOptions.Model, "model", "a Hugging Face folder or a GGUF file"));
        ModelText text = ModelText.Open(file, modelOptions.ChatTemplate);
        GenerationOptions options = ModelGeneration.Options(context.Values, file, text);
        using ModelSession session = ModelSession.LoadWriter(file, modelOptions, context.Cancellation);
        Generator generator = session.CreateGenerator(text);
        JsonArray messages = Start(chat);
        bool isInteractive = !Console.IsInputRedirected;
        if (isInteractive)
        {
            context.Terminal.Note(Commands);
        }

        while (ReadLine(isInteractive, context.Cancellation) is { } line)
        {
            switch (line.Trim())
            {
                case "":
                    continue;
                case "/help":
                    context.Terminal.Note(Commands);
                    continue;
                case "/exit":
                    return new JsonObject { ["messages"] = messages };
                case "/reset":
                    messages = Start(chat);
                    context.Terminal.Note("the conversation begins anew");
                    continue;
            }

            messages.Add(ModelText.Message("user", line));
            GenerationResult answer = generator.Generate(text.EncodeChat(messages), options, context.Terminal.Stream, context.Cancellation);
            context.Terminal.Result("");
            context.Cancellation.ThrowIfCancellationRequested();
            messages.Add(ModelText.Message("assistant", answer.Text));
        }

        context.Cancellation.ThrowIfCancellationRequested();
        return new JsonObject { ["messages"] = messages };
    }

    private static JsonArray Start(ChatOptions chat) => chat.System is { } system ? [ModelText.Message("system", system)] : [];

    private static string? ReadLine(bool isInteractive, CancellationToken cancellation)
    {
        if (isInteractive)
        {
            Console.Error.Write("> ");
        }

        // A thread that waits for the terminal cannot be woken; Ctrl-C leaves it behind.
        var reading = Task.Run(Console.In.ReadLine, CancellationToken.None);
        try
        {
            reading.Wait(cancellation);
            return reading.Result;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
