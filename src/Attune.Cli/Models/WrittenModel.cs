using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>What the comparison of a written model with its source gave.</summary>
/// <param name="Tensors">Tensors that were compared.</param>
/// <param name="Texts">Texts that both tokenizers gave the same ids for; 0 without a tokenizer.</param>
/// <param name="LogitDifference">Largest difference of logits, as a fraction of the largest; null when the models were not run.</param>
/// <param name="PerplexityBefore">The source's perplexity on a text; null when the models do not continue texts or were not run.</param>
/// <param name="Perplexity">The written model's perplexity on it; null when the models were not run.</param>
internal sealed record WrittenModelReport(int Tensors, int Texts, double? LogitDifference, double? PerplexityBefore, double? Perplexity)
{
    /// <summary>The report as people read it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"opened again and compared: {Tensors} tensors, the ids of {Texts} texts{(Perplexity is not null ? $", perplexity {PerplexityBefore:F4} before and {Perplexity:F4} after" : LogitDifference is not null ? ", what the model says of a text" : "")}");

    /// <summary>Adds the report to what <c>--json</c> prints.</summary>
    public JsonObject AddTo(JsonObject result)
    {
        result["tensors_verified"] = Tensors;
        result["texts_verified"] = Texts;
        result["logit_difference"] = LogitDifference;
        result["perplexity_before"] = PerplexityBefore;
        result["perplexity"] = Perplexity;
        return result;
    }

    /// <summary>The keys that <see cref="AddTo"/> adds.</summary>
    public static IReadOnlyList<string> JsonFields { get; } = ["tensors_verified", "texts_verified", "logit_difference", "perplexity_before", "perplexity"];
}

/// <summary>Opens a model that was just written and compares it with where it came from, before a command says that it is done.</summary>
internal static class WrittenModel
{
    /// <summary>Compares tensors, ids of texts, logits and perplexity.</summary>
    /// <param name="path">The written folder or file.</param>
    /// <param name="origin">The model that its tokenizer comes from.</param>
    /// <param name="config">The configuration that was written.</param>
    /// <param name="expected">The tensors that went into it.</param>
    /// <param name="type">Name of the type in which it was written.</param>
    /// <exception cref="IOException">What was written is not what should have been.</exception>
    public static WrittenModelReport Verify(string path, ModelFile origin, ModelConfig config, ITensorSource expected, string type)
    {
        using ModelFile written = ModelFile.Open(path);
        int tensors = WrittenTensors.Compare(path, written.Tensors, expected);
        Tokenizer? tokenizer = origin.Tokenizer is null ? null : TokenizerFiles.Load(origin.Tokenizer, origin.Path);
        int texts = tokenizer is null ? 0 : CompareIds(path, written.Tokenizer, tokenizer);
        if (tokenizer is not null && !Templates(written).SequenceEqual(Templates(origin), StringComparer.Ordinal))
        {
            throw new IOException($"{path}: {written.ChatTemplates.Count} chat templates were written, the source has {origin.ChatTemplates.Count}, or one of them is another; nothing is kept");
        }

        int[] ids = ModelProbe.Ids(tokenizer, config);
        ModelProbe? source = ModelProbe.Run(config, expected, ids);
        if (source is null || ModelProbe.Run(written.Config, written.Tensors, ids) is not { } result)
        {
            return new WrittenModelReport(tensors, texts, null, null, null);
        }

        // Models that do not continue texts have no perplexity, and what rounding does to their heads has no bound; in single precision nothing may differ.
        double difference = source.LargestDifference(result);
        bool isExplained = source.Perplexity is { } before && result.Perplexity is { } after
            ? Math.Abs(Math.Log(after / before)) <= Math.Log(1 + ModelTypes.PerplexityTolerance(type))
            : type != "f32" || difference == 0;
        return isExplained
            ? new WrittenModelReport(tensors, texts, difference, source.Perplexity, result.Perplexity)
            : source.Perplexity is null ? throw new IOException($"{path}: what the head says of a text is not what the source says of it; nothing is kept")
            : throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: the perplexity of a text was {source.Perplexity:F4} and is {result.Perplexity:F4} in what was written, which rounding to {type} does not explain; nothing is kept"));
    }

    /// <summary>Compares the ids of texts, alone and with the special tokens around them.</summary>
    /// <param name="path">What was written, for messages.</param>
    /// <param name="written">Its tokenizer.</param>
    /// <param name="before">The tokenizer that it comes from.</param>
    /// <returns>How many texts were compared.</returns>
    /// <exception cref="IOException">The ids of a text differ.</exception>
    public static int CompareIds(string path, TokenizerSource? written, Tokenizer before)
    {
        Tokenizer after = TokenizerFiles.Load(written ?? throw new IOException($"{path}: the tokenizer was not written"), path);
        string[] texts = [.. ModelProbe.Texts.Where(text => !char.IsWhiteSpace(text[0]) || !PutsBlankFirst(written)).Select(text => written is GgufTokenizerSource ? Expressible(text, before) : text)];
        foreach (string text in texts)
        {
            if (!before.Encode(text).Ids.AsSpan().SequenceEqual(after.Encode(text).Ids))
            {
                throw new IOException($"{path}: the written tokenizer gives other ids than the source's for '{text}'; nothing is kept");
            }

            int[] wanted = before.Encode(text, addSpecialTokens: true).Ids;
            int[] found = after.Encode(text, addSpecialTokens: true).Ids;
            if (!wanted.AsSpan().SequenceEqual(found))
            {
                throw new IOException(
                    $"{path}: around a text the written tokenizer puts other special tokens than the source's: {Ends(found)} instead of {Ends(wanted)}; GGUF files can say one that begins and one that ends; nothing is kept");
            }
        }

        return texts.Length;

        static string Ends(int[] ids) => $"{string.Join(' ', ids.Take(3))} ... {string.Join(' ', ids.TakeLast(3))}";
    }

    // GGUF files may spell their names otherwise.
    private static IEnumerable<string> Templates(ModelFile model) => model.ChatTemplates.Values.Select(template => template.Text).Order(StringComparer.Ordinal);

    // GGUF has no normal forms: of a tokenizer that composes characters the ids of composed text are compared.
    private static string Expressible(string text, Tokenizer tokenizer)
    {
        string composed = UnicodeText.Normalize(text, NormalizationForm.FormC);
        return tokenizer.Encode(text).Ids.AsSpan().SequenceEqual(tokenizer.Encode(composed).Ids) ? composed : text;
    }

    // SentencePiece puts a blank before every text, Hugging Face's Metaspace only before those that have none, which a GGUF file cannot say.
    private static bool PutsBlankFirst(TokenizerSource? tokenizer) => tokenizer is GgufTokenizerSource { Scores: not null, AddSpacePrefix: true };
}
