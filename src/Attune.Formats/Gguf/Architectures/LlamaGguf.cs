using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Llama and what has its form (Mistral): q and k permuted, biases possible.</summary>
internal sealed class LlamaGguf() : GgufArchitecture("llama", ["llama", "mistral"], "LlamaForCausalLM")
{
    public override bool PermutesQueryAndKey => true;

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        config["mlp_bias"] = file.Contains("blk.0.ffn_gate.bias");
    }
}
