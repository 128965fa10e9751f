using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>BERT, which BGE, E5, GTE and MiniLM are.</summary>
internal class BertGguf : BertFormGguf
{
    /// <summary>Makes BERT.</summary>
    public BertGguf()
        : this("bert", "BertModel")
    {
    }

    /// <summary>Makes a family whose files are BERT's.</summary>
    protected BertGguf(string modelType, string architectureClass)
        : base(modelType, architectureClass)
    {
    }

    internal override void ReadConfig(GgufFile file, JsonObject config) => config["type_vocab_size"] = TokenTypes(file);

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "is_decoder", fallback: false, value: false);
        if (config.FindString("position_embedding_type") is { } positions and not "absolute")
        {
            throw config.Wrong("position_embedding_type", $"absolute, which is what a GGUF file of architecture {Name} means, found {positions}");
        }

        WriteEncoder(metadata, config.FindInt32("type_vocab_size") ?? 2);
    }
}
