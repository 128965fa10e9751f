using Attune.Formats;
using Attune.Nn;

namespace Attune.Models.Heads;

/// <summary>What a head is made of.</summary>
/// <param name="Config">The model's configuration.</param>
/// <param name="Weights">The root of its weights.</param>
/// <param name="Backbone">What the head stands on.</param>
/// <param name="BackboneWeights">The place of the backbone's weights.</param>
/// <param name="Layout">The family's names.</param>
public sealed record HeadParts(ModelConfig Config, WeightBuilder Weights, Backbone Backbone, WeightBuilder BackboneWeights, HeadLayout Layout)
{
    internal Transform Transform(TransformLayout layout, int size) => new(Weights, layout, Backbone.HiddenSize, size);

    internal Pooler Pooler(PoolerLayout layout) => new(layout.InBackbone ? BackboneWeights : Weights, layout, Backbone.HiddenSize, Config.FindInt32("pad_token_id") ?? -1);

    internal ModelFileException Lacks(string head) => Config.Wrong("model_type", $"a family with a head for {head}");
}
