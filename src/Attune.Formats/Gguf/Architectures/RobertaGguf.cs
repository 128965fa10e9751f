using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>RoBERTa: BERT whose positions start behind the padding id; files have the table from the first one that is read. They are known by a byte-level BPE and a single kind of tokens.</summary>
internal class RobertaGguf : BertGguf
{
    private const int UsualPaddingId = 1;

    private readonly string _vocabulary;

    /// <summary>Makes RoBERTa.</summary>
    public RobertaGguf()
        : this("roberta", "RobertaModel", "gpt2")
    {
    }

    /// <summary>Makes a family whose files differ in the vocabulary.</summary>
    protected RobertaGguf(string modelType, string architectureClass, string vocabulary)
        : base(modelType, architectureClass) => _vocabulary = vocabulary;

    internal override GgufNames Names { get; } = Layout(TensorForm.RowsFrom(FirstPosition));

    internal override bool Holds(GgufFile file) => GgufTokenizerMetadata.ModelOf(file.Metadata) == _vocabulary && TokenTypes(file) == 1;

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        base.ReadConfig(file, config);
        int padding = file.ReadTokenizer()?.PadTokenId ?? UsualPaddingId;
        if (padding >= (long)config["vocab_size"]!)
        {
            throw ModelFileException.At(file.Location, $"tensor '{GgufModel.Embedding}'", $"expected a row for the padding id {padding}, found {config["vocab_size"]} rows");
        }

        config["pad_token_id"] = padding;
        config["max_position_embeddings"] = (long)(int)config["max_position_embeddings"]! + padding + 1;
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        base.WriteConfig(config, metadata);
        int rows = config.GetPositive("max_position_embeddings", 512);
        int first = FirstPosition(config);
        metadata[$"{Name}.context_length"] = first < rows ? (uint)(rows - first) : throw config.Wrong("pad_token_id", $"an id below {rows - 1}, behind which positions start");
    }

    private static int FirstPosition(ModelConfig config) =>
        (config.FindInt32("pad_token_id") ?? UsualPaddingId) is >= 0 and < int.MaxValue and int padding ? padding + 1 : throw config.Wrong("pad_token_id", "an id from 0 on");
}
