using System.Globalization;
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
    private const int Samples = 8;
    private const int SampleElements = 1 << 16;

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
        int tensors = CompareTensors(path, written.Tensors, expected, type);
        Tokenizer? tokenizer = origin.Tokenizer is null ? null : TokenizerFiles.Load(origin.Tokenizer, origin.Path);
        int texts = tokenizer is null ? 0 : CompareIds(path, written, tokenizer);
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

    private static int CompareIds(string path, ModelFile written, Tokenizer before)
    {
        Tokenizer after = TokenizerFiles.Load(written.Tokenizer ?? throw new IOException($"{path}: the tokenizer was not written"), path);
        string[] texts = [.. ModelProbe.Texts.Where(text => !char.IsWhiteSpace(text[0]) || !PutsBlankFirst(written.Tokenizer))];
        foreach (string text in texts)
        {
            if (!before.Encode(text).Ids.AsSpan().SequenceEqual(after.Encode(text).Ids))
            {
                throw new IOException($"{path}: the written tokenizer gives other ids than the source's for '{text}'; nothing is kept");
            }
        }

        return texts.Length;
    }

    // SentencePiece puts a blank before every text, Hugging Face's Metaspace only before those that have none, which a GGUF file cannot say.
    private static bool PutsBlankFirst(TokenizerSource? tokenizer) => tokenizer is GgufTokenizerSource { Scores: not null, AddSpacePrefix: true };

    private static int CompareTensors(string path, ITensorSource written, ITensorSource expected, string type)
    {
        string[] names = [.. expected.Names.Where(written.Contains)];
        if (names.Length != written.Names.Count)
        {
            throw new IOException($"{path}: {written.Names.Count} tensors were written, {names.Length} of them are known; the disk or the memory may be damaged");
        }

        int step = Math.Max(1, names.Length / Samples);
        int compared = 0;
        for (int i = 0; i < names.Length; i += step, compared++)
        {
            Compare(path, written, expected, names[i], type);
        }

        return compared;
    }

    // GGUF holds some families' norms as 1 + w and decays as exponentials, which come back rounded.
    private static double Rounding(string path, float value) => ModelWriter.IsGguf(path) ? 1.2e-7 * Math.Max(1, Math.Abs(value)) : 0;

    private static void Compare(string path, ITensorSource written, ITensorSource expected, string name, string type)
    {
        TensorInfo before = expected.Info(name);
        if (written.Info(name).Shape != before.Shape)
        {
            throw new IOException($"{path}: tensor '{name}' should have the shape {before.Shape} and has {written.Info(name).Shape}");
        }

        int count = (int)Math.Min(SampleElements, before.Shape.Count);
        float[] wanted = new float[count];
        float[] found = new float[count];
        expected.ReadFloat32(name, 0, wanted);
        written.ReadFloat32(name, 0, found);
        float largest = wanted.Max(MathF.Abs);
        for (int i = 0; i < count; i++)
        {
            double allowed = Rounding(path, wanted[i]) + type switch
            {
                "f32" => 0,
                "f16" => (Math.Abs(wanted[i]) / 2048) + 6e-8,
                "bf16" => Math.Abs(wanted[i]) / 256,
                "q8_0" => largest / 127,
                "q6_k" => largest / 16,
                "q5_0" => largest / 12,
                _ => largest / 6,
            };
            if (!(Math.Abs(wanted[i] - found[i]) <= allowed))
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: tensor '{name}', element {i} should be {wanted[i]} and is {found[i]}"));
            }
        }
    }
}
