namespace Attune.Formats.Tests.Gguf;

public class KnownGgufArchitecturesTests
{
    [Fact]
    public void Every_architecture_is_in_the_list()
    {
        IEnumerable<Type> implementers = typeof(GgufArchitecture).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GgufArchitecture)) && !t.IsAbstract);
        Assert.Equal(implementers.OrderBy(t => t.Name), KnownGgufArchitectures.All.Select(t => t.GetType()).OrderBy(t => t.Name));
    }

    [Theory]
    [InlineData("token_embd.weight", "model.embed_tokens.weight")]
    [InlineData("output.weight", "lm_head.weight")]
    [InlineData("blk.12.attn_k.bias", "model.layers.12.self_attn.k_proj.bias")]
    [InlineData("blk.0.ffn_norm.weight", "model.layers.0.post_attention_layernorm.weight")]
    public void Names_map_both_ways(string gguf, string huggingFace)
    {
        Assert.Equal(huggingFace, GgufArchitecture.ToHuggingFace(gguf));
        Assert.Equal(gguf, GgufArchitecture.ToGguf(huggingFace));
    }

    [Theory]
    [InlineData("blk.x.attn_k.weight")]
    [InlineData("blk..attn_k.weight")]
    [InlineData("blk.0.other.weight")]
    [InlineData("rope_freqs.weight")]
    [InlineData("token_embd")]
    public void Names_without_a_counterpart_have_none(string gguf) => Assert.Null(GgufArchitecture.ToHuggingFace(gguf));
}
