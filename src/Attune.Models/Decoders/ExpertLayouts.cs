using Attune.Formats;
using Attune.Nn;
using Attune.Nn.FeedForward;

namespace Attune.Models.Decoders;

/// <summary>The experts of mixtures as configurations and files describe them.</summary>
internal static class ExpertLayouts
{
    /// <summary>Reads how many experts there are and how many each token uses.</summary>
    /// <exception cref="ModelFileException">A token would use more experts than there are.</exception>
    public static (int Experts, int TopK) Counts(ModelConfig config, int topK)
    {
        int experts = config.GetCount(config.Present("num_local_experts", "num_experts", "n_routed_experts"));
        int used = config.GetPositive("num_experts_per_tok", topK);
        return used <= experts ? (experts, used) : throw config.Wrong("num_experts_per_tok", $"at most the number of experts, {experts}");
    }

    extension(LlamaStyle llama)
    {
        /// <summary>Experts with the gated layers gate_proj, up_proj and down_proj.</summary>
        public ExpertList Experts(WeightBuilder at, int count, int width) => new(at.Path, Enumerable.Range(0, count).Select(i => llama.GatedMlp(at.At($"{i}"), width: width)));
    }

    /// <summary>A router without biases over the weight <c>name.weight</c>.</summary>
    public static Router Router(WeightBuilder at, int experts, int width, RouterOptions options, bool correction = false) => new(
        at.Path, at.Array("weight", [experts, width]), bias: null, correction ? at.Buffer("e_score_correction_bias", [experts]) : null, options);
}
