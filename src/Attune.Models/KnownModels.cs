using Attune.Formats;
using Attune.Models.Families;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Models;

/// <summary>A family of models that predict the next token.</summary>
/// <param name="ModelType">Its <c>model_type</c> in config.json.</param>
/// <param name="Models">What its models are called, for the documentation.</param>
/// <param name="Load">Makes a model from its configuration and weights.</param>
public sealed record CausalLmFamily(string ModelType, string Models, Func<ModelConfig, WeightBuilder, CausalLmModel> Load)
{
    /// <summary>What transformers calls the output layer of its models that tag tokens.</summary>
    public string TokenOutput { get; init; } = "score";

    /// <summary>The padding id of configurations that say nothing of it; null for none.</summary>
    public int? PaddingId { get; init; }

    /// <summary>A configuration with what transformers takes for granted where it says nothing.</summary>
    internal ModelConfig Complete(ModelConfig config) =>
        PaddingId is { } padding && !config.Has("pad_token_id") && !config.IsNull("pad_token_id") ? config.With("pad_token_id", padding) : config;
}

/// <summary>A family of models that read a text and write another one.</summary>
/// <param name="ModelType">Its <c>model_type</c> in config.json.</param>
/// <param name="Models">What its models are called, for the documentation.</param>
/// <param name="Load">Makes a model from its configuration and weights.</param>
public sealed record Seq2SeqFamily(string ModelType, string Models, Func<ModelConfig, WeightBuilder, Seq2SeqModel> Load);

/// <summary>A family of encoders, which heads stand on.</summary>
/// <param name="ModelType">Its <c>model_type</c> in config.json.</param>
/// <param name="ClassName">How the names of its classes begin in config.json.</param>
/// <param name="Prefix">Where the backbone lies in the files of models with a head; empty when it has no place of its own.</param>
/// <param name="Load">Makes the backbone from its configuration and weights.</param>
/// <param name="Heads">What and where the layers of its heads are.</param>
public sealed record BackboneFamily(string ModelType, string ClassName, string Prefix, Func<ModelConfig, WeightBuilder, Backbone> Load, Func<ModelConfig, HeadLayout> Heads)
{
    /// <summary>A configuration with what transformers takes for granted where it says nothing.</summary>
    internal Func<ModelConfig, ModelConfig> Complete { get; init; } = static config => config;
}

/// <summary>All model families.</summary>
public static class KnownModels
{
    /// <summary>The models that predict the next token, one line each.</summary>
    public static IReadOnlyList<CausalLmFamily> CausalLm { get; } =
    [
        new("bloom", "BLOOM, BLOOMZ", Bloom.Load) { TokenOutput = "classifier" },
        new("cohere", "Command R, Aya 23", Cohere.Load) { PaddingId = 0 },
        new("cohere2", "Command R7B, Command A", Cohere2.Load) { PaddingId = 0 },
        new("deepseek_v3", "DeepSeek-V3, R1", DeepSeekV3.Load),
        new("falcon", "Falcon 7B to 180B, Falcon-RW", Falcon.Load) { TokenOutput = "classifier" },
        new("gemma", "Gemma, CodeGemma", Gemma.Load) { PaddingId = 0 },
        new("gemma2", "Gemma 2", Gemma2.Load) { PaddingId = 0 },
        new("gemma3_text", "Gemma 3 (text)", Gemma3.Load) { PaddingId = 0 },
        new("gpt2", "GPT-2, DistilGPT2", Gpt2.Load) { TokenOutput = "classifier" },
        new("gpt_bigcode", "StarCoder, SantaCoder", GptBigCode.Load) { TokenOutput = "classifier" },
        new("gpt_neo", "GPT-Neo", GptNeo.Load) { TokenOutput = "classifier" },
        new("gpt_neox", "GPT-NeoX, Pythia", GptNeoX.Load) { TokenOutput = "classifier" },
        new("gpt_oss", "gpt-oss", GptOss.Load),
        new("gptj", "GPT-J", GptJ.Load),
        new("granite", "Granite 3", Granite.Load),
        new("llama", "Llama 1 to 3, SmolLM, SmolLM2, TinyLlama, Falcon 3", Llama.Load),
        new("mamba2", "Mamba-2, Codestral Mamba", Mamba2.Load),
        new("mistral", "Mistral, Ministral", Mistral.Load),
        new("mixtral", "Mixtral", Mixtral.Load),
        new("mpt", "MPT", Mpt.Load) { TokenOutput = "classifier" },
        new("olmo", "OLMo", Olmo.Load) { PaddingId = 1 },
        new("olmo2", "OLMo 2", Olmo2.Load),
        new("opt", "OPT", Opt.Load) { PaddingId = 1 },
        new("phi", "Phi-1, Phi-1.5, Phi-2", Phi.Load),
        new("phi3", "Phi-3, Phi-3.5, Phi-4", Phi3.Load),
        new("qwen2", "Qwen1.5, Qwen2, Qwen2.5", Qwen2.Load),
        new("qwen2_moe", "Qwen1.5-MoE, Qwen2-MoE", Qwen2Moe.Load),
        new("qwen3", "Qwen3", Qwen3.Load),
        new("qwen3_moe", "Qwen3-MoE", Qwen3Moe.Load),
        new("smollm3", "SmolLM3", SmolLM3.Load),
        new("stablelm", "StableLM 2, StableLM Zephyr", StableLm.Load),
        new("starcoder2", "StarCoder2", StarCoder2.Load),
    ];

    /// <summary>The encoders, one line each.</summary>
    public static IReadOnlyList<BackboneFamily> Encoders { get; } =
    [
        new("bert", "Bert", "bert", BertEncoder.Load, BertEncoder.Heads),
        new("roberta", "Roberta", "roberta", Roberta.Load, Roberta.Heads),
        new("xlm-roberta", "XLMRoberta", "roberta", Roberta.Load, Roberta.Heads),
        new("electra", "Electra", "electra", Electra.Load, Electra.Heads),
        new("distilbert", "DistilBert", "distilbert", DistilBertEncoder.Load, DistilBertEncoder.Heads),
        new("mpnet", "MPNet", "mpnet", MpNetEncoder.Load, MpNetEncoder.Heads),
        new("albert", "Albert", "albert", AlbertEncoder.Load, AlbertEncoder.Heads),
        new("modernbert", "ModernBert", "model", ModernBertEncoder.Load, ModernBertEncoder.Heads),
        new("deberta-v2", "DebertaV2", "deberta", DebertaEncoder.Load, DebertaEncoder.Heads),
    ];

    /// <summary>The families with encoder and decoder, one line each.</summary>
    public static IReadOnlyList<Seq2SeqFamily> Seq2Seq { get; } =
    [
        new("bart", "BART", Bart.Load),
        new("marian", "Marian, OPUS-MT", Marian.Load),
        new("mbart", "mBART", MBart.Load),
        new("pegasus", "PEGASUS", Pegasus.Load),
        new("t5", "T5, Flan-T5", T5Model.Load),
    ];

    /// <summary>Finds the family with encoder and decoder of a configuration.</summary>
    /// <exception cref="ModelFileException">The family is not known; the message names the known ones.</exception>
    public static Seq2SeqFamily Seq2SeqFor(ModelConfig config) =>
        Seq2Seq.FirstOrDefault(family => family.ModelType == config.ModelType)
        ?? throw Unknown(config, [.. Seq2Seq.Select(family => family.ModelType)]);

    /// <summary>Finds the backbone of a configuration: an encoder, or a decoder without its output layer.</summary>
    /// <exception cref="ModelFileException">The family is not known; the message names the known ones.</exception>
    public static BackboneFamily BackboneFor(ModelConfig config)
    {
        if (Encoders.FirstOrDefault(family => family.ModelType == config.ModelType) is { } encoder)
        {
            return encoder;
        }

        if (CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType) is { } decoder)
        {
            return new BackboneFamily(decoder.ModelType, string.Empty, string.Empty, (values, weights) => DecoderBackbone.Load(decoder, values, weights), _ => DecoderBackbone.Heads(decoder))
            {
                Complete = decoder.Complete,
            };
        }

        throw Unknown(config, [.. Encoders.Select(family => family.ModelType), .. CausalLm.Select(family => family.ModelType)]);
    }

    /// <summary>Whether the family of a configuration, one of those that write texts, has an encoder.</summary>
    /// <exception cref="ModelFileException">The family is not known, or writes none; the message names those that do.</exception>
    public static bool IsSeq2Seq(ModelConfig config) =>
        CausalLm.All(family => family.ModelType != config.ModelType)
        && (Seq2Seq.Any(family => family.ModelType == config.ModelType)
            ? true
            : throw Unknown(config, [.. CausalLm.Select(family => family.ModelType), .. Seq2Seq.Select(family => family.ModelType)]));

    /// <summary>Finds the family of a configuration.</summary>
    /// <exception cref="ModelFileException">The family is not known; the message names the known ones.</exception>
    public static CausalLmFamily CausalLmFor(ModelConfig config) =>
        CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType)
        ?? throw Unknown(config, [.. CausalLm.Select(family => family.ModelType)]);

    private static ModelFileException Unknown(ModelConfig config, IReadOnlyList<string> known)
    {
        string all = $"all are {string.Join(", ", known.Order(StringComparer.Ordinal))}";
        return config.Wrong("model_type", Encoders.Any(family => family.ModelType == config.ModelType)
            ? $"a family that writes texts, which encoders do not (predict, train and evaluate take them with --task; {all})"
            : $"one of the supported families (nearest are {string.Join(", ", NearestNames.Of(config.ModelType, known))}; {all})");
    }
}
