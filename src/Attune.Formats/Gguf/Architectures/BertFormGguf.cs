namespace Attune.Formats;

/// <summary>Encoders of BERT's form, whose states become a vector of the text. The pooler, which no such vector is made with, is left out.</summary>
internal abstract class BertFormGguf(string modelType, string architectureClass) : GgufArchitecture("bert", [modelType], architectureClass)
{
    private const string TypesTensor = "token_types.weight";

    private const string TypesKey = "tokenizer.ggml.token_type_count";

    /// <summary>What the settings of all are, or start from.</summary>
    protected static GgufSettings Common { get; } = GgufSettings.Llama with
    {
        UsualContext = 512,
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_eps"],
        UsualEpsilon = 1e-12,
        LayerNorm = true,
        Activations = ["gelu"],
        Tied = true,
    };

    internal override GgufSettings Settings => Common;

    internal override GgufRope? Rope => null;

    internal override GgufNames Names { get; } = Layout(positions: TensorForm.Same);

    /// <summary>What the names of all are, or start from.</summary>
    /// <param name="positions">What the table of positions goes through.</param>
    protected static GgufNames Layout(TensorForm positions) => new()
    {
        Prefix = "",
        Layers = "encoder.layer.",
        Outer =
        [
            new Renamed("token_embd", "embeddings.word_embeddings"),
            new Renamed("position_embd", "embeddings.position_embeddings", positions),
            new Renamed("token_types", "embeddings.token_type_embeddings"),
            new Renamed("token_embd_norm", "embeddings.LayerNorm"),
        ],
        Inner =
        [
            new Renamed("attn_q", "attention.self.query"),
            new Renamed("attn_k", "attention.self.key"),
            new Renamed("attn_v", "attention.self.value"),
            new Renamed("attn_output", "attention.output.dense"),
            new Renamed("attn_output_norm", "attention.output.LayerNorm"),
            new Renamed("ffn_up", "intermediate.dense"),
            new Renamed("ffn_down", "output.dense"),
            new Renamed("layer_output_norm", "output.LayerNorm"),
        ],
        IgnoredOutside = ["embeddings.position_ids", "embeddings.token_type_ids", "pooler.dense.weight", "pooler.dense.bias"],
    };

    /// <summary>How many kinds of tokens a file has vectors for.</summary>
    /// <exception cref="ModelFileException">The vectors are no matrix, or there are none where the metadata speak of several kinds.</exception>
    protected static int TokenTypes(GgufFile file)
    {
        if (!file.TryGetInfo(TypesTensor, out TensorInfo? info))
        {
            return file.Metadata.GetInt32(TypesKey) is > 1 and int types ? throw Wrong($"a row for each of {types} kinds of tokens ('{TypesKey}'), found none") : 0;
        }

        return info.Shape.Rank == 2 && info.Shape[0] <= int.MaxValue ? (int)info.Shape[0] : throw Wrong($"a matrix with a row for each kind of token, found shape {info.Shape}");

        ModelFileException Wrong(string expected) => ModelFileException.At(file.Location, $"tensor '{TypesTensor}'", $"expected {expected}");
    }

    /// <summary>Writes what all encoders have.</summary>
    protected void WriteEncoder(GgufMetadata metadata, int tokenTypes)
    {
        metadata[$"{Name}.attention.causal"] = false;
        metadata[TypesKey] = (uint)tokenTypes;
    }
}
