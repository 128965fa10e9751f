using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Tests;

/// <summary>Random BERT and T5 models of some ten thousand weights that read letters, as Hugging Face folders.</summary>
internal static class TinyTaskModel
{
    private const int Hidden = 32;
    private const int Inner = 64;

    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "</s>"];

    /// <summary>An encoder, with the head for hidden tokens if asked for.</summary>
    public static string WriteBert(string folder, bool withMaskedHead = false) => WriteEncoder(folder, withMaskedHead, "bert", "Bert", tokenTypes: 2);

    /// <summary>An encoder whose positions start behind the padding id.</summary>
    public static string WriteXlmRoberta(string folder) => WriteEncoder(folder, withMaskedHead: false, "xlm-roberta", "XLMRoberta", tokenTypes: 1);

    /// <summary>Gives a model a Unigram vocabulary of the same tokens.</summary>
    public static void UseUnigram(string folder)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        string[] tokens = [.. json["model"]!["vocab"]!.AsObject().Select(entry => entry.Key == "##a" ? "\u2581" : entry.Key)];
        var blanks = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = "always", ["split"] = true };
        (json["pre_tokenizer"], json["decoder"]) = (blanks, blanks.DeepClone());
        json["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 1, ["vocab"] = new JsonArray([.. tokens.Select((token, id) => (JsonNode)new JsonArray(token, -0.1 * id))]) };
        File.WriteAllText(path, json.ToJsonString());
    }

    private static string WriteEncoder(string folder, bool withMaskedHead, string modelType, string className, int tokenTypes)
    {
        JsonObject vocabulary = Vocabulary();
        List<(string Name, Shape Shape)> tensors =
        [
            ("embeddings.word_embeddings.weight", [vocabulary.Count, Hidden]), ("embeddings.position_embeddings.weight", [64, Hidden]), ("embeddings.token_type_embeddings.weight", [tokenTypes, Hidden]),
            ("embeddings.LayerNorm.weight", [Hidden]), ("embeddings.LayerNorm.bias", [Hidden]), ("pooler.dense.weight", [Hidden, Hidden]), ("pooler.dense.bias", [Hidden]),
        ];
        foreach (string name in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" })
        {
            tensors.AddRange([($"encoder.layer.0.{name}.weight", [Hidden, Hidden]), ($"encoder.layer.0.{name}.bias", [Hidden])]);
        }

        tensors.AddRange(
        [
            ("encoder.layer.0.intermediate.dense.weight", [Inner, Hidden]), ("encoder.layer.0.intermediate.dense.bias", [Inner]), ("encoder.layer.0.output.dense.weight", [Hidden, Inner]),
            ("encoder.layer.0.output.dense.bias", [Hidden]), ("encoder.layer.0.attention.output.LayerNorm.weight", [Hidden]), ("encoder.layer.0.attention.output.LayerNorm.bias", [Hidden]),
            ("encoder.layer.0.output.LayerNorm.weight", [Hidden]), ("encoder.layer.0.output.LayerNorm.bias", [Hidden]),
        ]);
        if (withMaskedHead)
        {
            tensors = [.. tensors.Select(tensor => ($"bert.{tensor.Name}", tensor.Shape))];
            tensors.AddRange(
            [
                ("cls.predictions.transform.dense.weight", [Hidden, Hidden]), ("cls.predictions.transform.dense.bias", [Hidden]), ("cls.predictions.transform.LayerNorm.weight", [Hidden]),
                ("cls.predictions.transform.LayerNorm.bias", [Hidden]), ("cls.predictions.bias", [vocabulary.Count]),
            ]);
        }

        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(className + (withMaskedHead ? "ForMaskedLM" : "Model")),
            ["model_type"] = modelType,
            ["vocab_size"] = vocabulary.Count,
            ["hidden_size"] = Hidden,
            ["intermediate_size"] = Inner,
            ["num_hidden_layers"] = 1,
            ["num_attention_heads"] = 4,
            ["max_position_embeddings"] = 64,
            ["type_vocab_size"] = tokenTypes,
            ["pad_token_id"] = 0,
        };
        return Write(folder, config, vocabulary, tensors, "[CLS]", "[SEP]");
    }

    /// <summary>An encoder-decoder.</summary>
    public static string WriteT5(string folder)
    {
        JsonObject vocabulary = Vocabulary();
        List<(string Name, Shape Shape)> tensors = [("shared.weight", [vocabulary.Count, Hidden])];
        foreach ((string stack, string[] parts) in new[] { ("encoder", new[] { "SelfAttention" }), ("decoder", ["SelfAttention", "EncDecAttention"]) })
        {
            for (int i = 0; i <= parts.Length; i++)
            {
                string layer = string.Create(CultureInfo.InvariantCulture, $"{stack}.block.0.layer.{i}.");
                tensors.Add(($"{layer}layer_norm.weight", [Hidden]));
                tensors.AddRange(i < parts.Length
                    ? "qkvo".Select(letter => ($"{layer}{parts[i]}.{letter}.weight", new Shape(Hidden, Hidden)))
                    : [($"{layer}DenseReluDense.wi.weight", [Inner, Hidden]), ($"{layer}DenseReluDense.wo.weight", [Hidden, Inner])]);
            }

            tensors.AddRange([($"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", [32, 4]), ($"{stack}.final_layer_norm.weight", [Hidden])]);
        }

        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("T5ForConditionalGeneration"),
            ["model_type"] = "t5",
            ["vocab_size"] = vocabulary.Count,
            ["d_model"] = Hidden,
            ["d_kv"] = 8,
            ["d_ff"] = Inner,
            ["num_layers"] = 1,
            ["num_heads"] = 4,
            ["decoder_start_token_id"] = 0,
            ["pad_token_id"] = 0,
            ["eos_token_id"] = 5,
        };
        return Write(folder, config, vocabulary, tensors, null, "</s>");
    }

    private static JsonObject Vocabulary()
    {
        string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
        string[] tokens = [.. Special, .. letters.Select(letter => letter.ToString()), .. letters.Select(letter => $"##{letter}")];
        return new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
    }

    private static string Write(string folder, JsonObject config, JsonObject vocabulary, List<(string Name, Shape Shape)> tensors, string? first, string last)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer(vocabulary, first, last).ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"pad_token": "[PAD]", "eos_token": "{{last}}"}""");
        var random = new Random(11);
        using SafetensorsWriter writer = SafetensorsWriter.Create(
            Path.Combine(folder, "model.safetensors"), tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Shape)), new Dictionary<string, string> { ["format"] = "pt" });
        foreach ((string name, Shape shape) in tensors)
        {
            bool isNorm = name.Contains("norm.weight", StringComparison.OrdinalIgnoreCase);
            writer.Write<float>(name, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => isNorm ? 1f : (float)((random.NextDouble() - 0.5) * 0.2))]);
        }

        writer.Commit();
        return folder;
    }

    private static JsonObject Tokenizer(JsonObject vocabulary, string? first, string last)
    {
        JsonObject Token(string token) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = 0 } };
        JsonObject Sequence(string id, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };
        JsonObject Known(string token) => new() { ["id"] = token, ["ids"] = new JsonArray((int)vocabulary[token]!), ["tokens"] = new JsonArray(token) };
        JsonNode[] start = first is null ? [] : [Token(first)];
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. Special.Select((token, id) => (JsonNode)new JsonObject
            {
                ["id"] = id,
                ["content"] = token,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray([.. start, Sequence("A", 0), Token(last)]),
                ["pair"] = new JsonArray([.. start.Select(node => node.DeepClone()), Sequence("A", 0), Token(last), Sequence("B", 1), Token(last)]),
                ["special_tokens"] = new JsonObject(new[] { first, last }.OfType<string>().Select(token => KeyValuePair.Create(token, (JsonNode?)Known(token)))),
            },
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = vocabulary,
            },
        };
    }
}
