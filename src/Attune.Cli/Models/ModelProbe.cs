using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>What a model makes of some text: logits and perplexity, in single precision.</summary>
/// <param name="Logits">Row-major [tokens, vocabulary]; whatever the head says of the text where there is one.</param>
/// <param name="Perplexity">Of the tokens behind the first; null for models that do not continue texts.</param>
internal sealed record ModelProbe(float[] Logits, double? Perplexity)
{
    private const int MostTokens = 48;

    /// <summary>Texts that meet most ways in which tokenizers differ: words, digits, white space, other scripts, code, and what is no letter at all.</summary>
    public static IReadOnlyList<string> Texts { get; } =
    [
        "The river had risen in the night, and by morning the lower fields lay under water that nobody had expected so early in the year.",
        "In 1987 it cost 3,141.59 (about 20% more); don't ask why it's \"cheap\".",
        "  two  blanks,\ttabs\nand\n\nlines  ",
        "Grüße aus Köln, привет, 你好世界, مرحبا, \U0001F680 e\u0301",
        "for (int i = 0; i < n; ++i) { sum += x[i] * x[i]; }  // squares",
    ];

    /// <summary>Ids that both models are asked about: of the first text, or, without a tokenizer, any.</summary>
    public static int[] Ids(Tokenizer? tokenizer, ModelConfig config)
    {
        int vocabulary = config.GetPositive("vocab_size");
        int[] ids = tokenizer?.Encode(Texts[0]).Ids ?? [.. Enumerable.Range(0, MostTokens).Select(i => i * 7919 % vocabulary)];
        return [.. ids.Where(id => id < vocabulary).Take(MostTokens)];
    }

    /// <summary>Loads a model, asks it, and lets it go.</summary>
    /// <returns>Null when the model is of a family that is not known. One with encoder and decoder reads the text and is to write it.</returns>
    public static ModelProbe? Run(ModelConfig config, ITensorSource tensors, int[] ids)
    {
        bool isKnown = KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType) || KnownModels.Encoders.Any(family => family.ModelType == config.ModelType)
            || KnownModels.Seq2Seq.Any(family => family.ModelType == config.ModelType);
        if (ids.Length < 2 || !isKnown)
        {
            return null;
        }

        using CpuBackend backend = ModelSession.CreateBackend(null);
        using var device = new Device(backend);
        Network model = AnyModelLoader.Load(device, config, tensors, new WeightOptions()).Model;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        ForwardPass pass = PassOf(device, ids);
        Tensor values = model switch
        {
            CausalLmModel decoder => decoder.Logits(pass),
            HeadModel head => head.Logits(pass),
            Seq2SeqModel both => both.Logits(both.Decode(PassOf(device, both.DecoderInputs(ids)), EncoderMemory.Of(both.Encode(pass), pass.Tokens))),
            EncoderModel encoder => encoder.Hidden(pass).Cast(DType.F32),
            _ => throw new InvalidOperationException($"a {model.GetType().Name} cannot be compared"),
        };
        return new ModelProbe(values.ToArray(), model is CausalLmModel ? PerplexityOf(values, ids) : null);
    }

    /// <summary>The largest difference of logits, as a fraction of the largest logit.</summary>
    public double LargestDifference(ModelProbe other)
    {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < Logits.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)Logits[i]));
            double here = Math.Abs((double)Logits[i] - other.Logits[i]);
            difference = double.IsNaN(here) ? double.PositiveInfinity : Math.Max(difference, here);
        }

        return difference / Math.Max(largest, double.Epsilon);
    }

    private static ForwardPass PassOf(Device device, int[] ids) => new(TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]));

    private static double PerplexityOf(Tensor logits, int[] ids)
    {
        Tensor losses = logits.Narrow(0, 0, ids.Length - 1).CrossEntropy(logits.Device.From(ids.AsSpan(1), [ids.Length - 1]));
        return Math.Exp(losses.ToArray().Average(loss => (double)loss));
    }
}
