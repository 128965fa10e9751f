using Attune.Cli.Options;
using Attune.Formats;
using Attune.Inference;

namespace Attune.Cli.Models;

/// <summary>How a model is asked: what the user says, and what its generation_config.json says where the user says nothing.</summary>
internal static class ModelGeneration
{
    /// <summary>Keys of <see cref="GenerationOptions"/> that no command line takes: where texts end is known from the tokenizer, and one answer is given.</summary>
    public static IReadOnlyList<string> HiddenKeys { get; } = ["eos_token_ids", "num_return_sequences"];

    /// <summary>The settings.</summary>
    /// <param name="values">What the user gave.</param>
    /// <param name="file">The model.</param>
    /// <param name="text">Its side of text.</param>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public static GenerationOptions Options(OptionValues values, ModelFile file, ModelText text)
    {
        GenerationOptions options = values.Build(GenerationOptions.From(file.Generation.Values)) with { EosTokenIds = text.EosTokenIds, NumReturnSequences = 1 };

        // Who gives a temperature wants tokens to be drawn, and who gives a number of new tokens does not want the model's own limit.
        options = values.Has("temperature") && !values.Has("do_sample") ? options with { DoSample = null } : options;
        options = values.Has("max_length") && !values.Has("max_new_tokens") ? options with { MaxNewTokens = null } : options;
        options.Validate();
        return options;
    }
}
