using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Formats;
using Attune.Models.Heads;
using Attune.Testing;
using Attune.Text;

namespace Attune.Cli.Tests;

/// <summary>Conversions keep what a model reads and says, and notice when they do not.</summary>
public sealed class WrittenModelTests : IDisposable
{
    private const string ByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}""";

    private const string QwenCut = """
        {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
        "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]}
        """;

    private static readonly string[] Texts =
    [
        "In 1212 it cost 12, they'll say", "Grüße, caf\u00E9, 你好 12", "  a  b\n\n12\t", "<|im_start|>user\n12<|im_end|>", "x12y IT'S 1 2 12 \U0001F680",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tokenizer_as_Qwen_publishes_it_goes_to_GGUF_and_back()
    {
        string model = Model(json =>
        {
            json["normalizer"] = JsonNode.Parse("""{"type": "NFC"}""");
            json["pre_tokenizer"] = JsonNode.Parse(QwenCut);
            json["post_processor"] = JsonNode.Parse(ByteLevel);
        });
        Assert.Equal(5, (int)Tool.Run("convert", model, _folder["model.gguf"], "--json").Succeeded().Json["texts_verified"]!);
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        using ModelFile written = ModelFile.Open(_folder["model.gguf"]);
        var arrays = (GgufTokenizerSource)written.Tokenizer!;
        Assert.Equal(("qwen2", false), (arrays.Pre, arrays.AddBosToken));
        RequireSameIds(TokenizerFolder.Load(model), TokenizerFiles.Load(arrays, "written"));
        RequireSameIds(TokenizerFolder.Load(model), TokenizerFolder.Load(_folder["back"]));
    }

    [Theory]
    [InlineData("""[{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]""", true, false)]
    [InlineData("""[{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}]""", true, true)]
    [InlineData("""[{"Sequence": {"id": "A", "type_id": 0}}]""", false, false)]
    public void Tokens_that_a_template_puts_around_texts_go_along(string template, bool begins, bool ends)
    {
        // The token that begins texts is not the one that tokenizer_config.json names: what the tokenizer does decides.
        string model = Model(json => json["post_processor"] = Template(template));
        Tool.Run("convert", model, _folder["model.gguf"]).Succeeded();
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        using ModelFile written = ModelFile.Open(_folder["model.gguf"]);
        var arrays = (GgufTokenizerSource)written.Tokenizer!;
        Assert.Equal((begins, ends), (arrays.AddBosToken, arrays.AddEosToken));
        Assert.Equal(begins ? 257 : 256, arrays.BosTokenId);
        RequireSameIds(TokenizerFolder.Load(model), TokenizerFiles.Load(arrays, "written"));
        RequireSameIds(TokenizerFolder.Load(model), TokenizerFolder.Load(_folder["back"]));
    }

    [Fact]
    public void A_template_that_GGUF_cannot_say_is_refused()
    {
        string model = Model(json => json["post_processor"] = Template(
            """[{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]"""));
        ToolResult result = Tool.Run("convert", model, _folder["model.gguf"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("other special tokens", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["model.gguf"]));
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("f16")]
    [InlineData("bf16")]
    public void Every_tensor_is_compared_to_its_last_element(string type)
    {
        string model = TinyModel.Write(_folder["model"]);
        JsonObject report = Tool.Run("convert", model, _folder["copy"], "--dtype", type, "--json").Succeeded().Json;
        Assert.Equal(20, (int)report["tensors_verified"]!);
        string weights = Path.Combine(_folder["copy"], "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 0x40;
        File.WriteAllBytes(weights, bytes);
        using ModelFile source = ModelFile.Open(model);
        using ModelFile damaged = ModelFile.Open(_folder["copy"]);
        IOException error = Assert.Throws<IOException>(() => WrittenTensors.Compare("copy", damaged.Tensors, source.Tensors));
        Assert.Contains("element", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_keep_their_type_are_compared_bit_for_bit()
    {
        Tool.Run("convert", TinyModel.Write(_folder["model"]), _folder["half"], "--dtype", "bf16").Succeeded();
        Tool.Run("convert", _folder["half"], _folder["copy"]).Succeeded();
        string weights = Path.Combine(_folder["copy"], "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^2] ^= 1;
        File.WriteAllBytes(weights, bytes);
        using ModelFile source = ModelFile.Open(_folder["half"]);
        using ModelFile damaged = ModelFile.Open(_folder["copy"]);
        Assert.Throws<IOException>(() => WrittenTensors.Compare("copy", damaged.Tensors, source.Tensors));
    }

    [Fact]
    public void What_an_encoder_decoder_says_is_compared()
    {
        JsonObject report = Tool.Run("convert", TinyTaskModel.WriteT5(_folder["model"]), _folder["copy"], "--json").Succeeded().Json;
        Assert.Equal(0.0, (double)report["logit_difference"]!);
        Assert.Null((double?)report["perplexity"]);
    }

    [Fact]
    public void The_tokenizer_beside_a_graph_is_compared()
    {
        JsonObject report = Tool.Run("export", TinyTaskModel.WriteBert(_folder["model"]), _folder["onnx"], "--task", "embed", "--json").Succeeded().Json;
        Assert.Equal(5, (int)report["texts_verified"]!);
    }

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("spbpe_512", true)]
    [InlineData("spbpe_2000", false)]
    [InlineData("unigram_512", true)]
    [InlineData("unigram_2000", false)]
    public void SentencePiece_like_vocabularies_give_the_same_ids_of_a_thousand_lines(string name, bool blankFirst)
    {
        // Metaspace puts no blank before what begins with one, a line or the text behind a special token; SentencePiece does.
        string model = SentencePieceModels.Write(_folder["model"], Goldens.Require("text", "tokenizers", "trained", name, "tokenizer.json"), blankFirst);
        RequireSameLines(model, name.StartsWith("spbpe", StringComparison.Ordinal) ? "llama" : "t5", line => !blankFirst || (line is not [' ' or '\u2581', ..] && !line.Contains("> ", StringComparison.Ordinal)));
    }

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("llama2", "tokenizer.model", "LlamaTokenizer", 32_000, "llama")]
    [InlineData("t5", "spiece.model", "T5Tokenizer", 32_100, "t5")]
    public void SentencePiece_models_give_the_same_ids_of_a_thousand_lines(string name, string file, string tokenizerClass, int vocabulary, string kind)
    {
        // Hugging Face looks characters with many marks up in the map part by part, SentencePiece as far as the map goes.
        string model = SentencePieceModels.Write(_folder["model"], file, Goldens.RequireData("tokenizers", name, $"{file}.gz"), tokenizerClass, vocabulary);
        RequireSameLines(model, kind, line => name != "t5" || !Characters(line).Any(character => character.EnumerateRunes().Count() > 1 && System.Text.Encoding.UTF8.GetByteCount(character) > 5));
    }

    [Fact]
    public void Chat_templates_go_to_GGUF_and_back_and_are_chosen_by_name()
    {
        string model = TinyModel.Write(_folder["model"]);
        Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
        File.WriteAllText(Path.Combine(model, "additional_chat_templates", "rag.jinja"), "abc");
        Tool.Run("convert", model, _folder["model.gguf"]).Succeeded();
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        Assert.Equal("abc", File.ReadAllText(Path.Combine(_folder["back"], "additional_chat_templates", "rag.jinja")));
        Assert.Equal(File.ReadAllText(Path.Combine(model, "chat_template.jinja")), File.ReadAllText(Path.Combine(_folder["back"], "chat_template.jinja")));
        foreach (string place in new[] { model, _folder["model.gguf"], _folder["back"] })
        {
            string[] words = ["generate", "--model", place, "--prompt", "x", "--max-new-tokens", "1", "--json"];
            Assert.Equal(3, (int)Tool.Run([.. words, "--chat-template", "rag"]).Succeeded().Json["prompt_tokens"]!);
            Assert.NotEqual(3, (int)Tool.Run(words).Succeeded().Json["prompt_tokens"]!);
        }
    }

    [Fact]
    public void Gemmas_norms_come_back_within_a_rounding_and_all_else_as_it_was()
    {
        string model = TinyModel.Write(_folder["model"]);
        string config = Path.Combine(model, "config.json");
        JsonObject values = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        (values["model_type"], values["architectures"], values["hidden_act"], values["head_dim"]) = ("gemma", new JsonArray("GemmaForCausalLM"), "gelu_pytorch_tanh", TinyModel.Hidden / TinyModel.Heads);
        File.WriteAllText(config, values.ToJsonString());
        Tool.Run("convert", model, _folder["model.gguf"]).Succeeded();
        using ModelFile source = ModelFile.Open(model);
        using (ModelFile written = ModelFile.Open(_folder["model.gguf"]))
        {
            Assert.All(written.Tensors.Names, name => Assert.Equal(name.Contains("norm", StringComparison.Ordinal), written.Tensors.Info(name).Rounding > 0));
            Assert.Equal(20, WrittenTensors.Compare("model.gguf", written.Tensors, source.Tensors));
        }

        Nudge(_folder["model.gguf"], "blk.0.attn_q.weight");
        using ModelFile damaged = ModelFile.Open(_folder["model.gguf"]);
        Assert.Throws<IOException>(() => WrittenTensors.Compare("model.gguf", damaged.Tensors, source.Tensors));
    }

    [Fact]
    public void An_encoder_goes_to_GGUF_and_back_with_its_vectors()
    {
        string model = TinyTaskModel.WriteBert(_folder["model"]);
        string path = Path.Combine(model, "tokenizer.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        (json["normalizer"], json["pre_tokenizer"]) = (new JsonObject { ["type"] = "BertNormalizer" }, new JsonObject { ["type"] = "BertPreTokenizer" });
        File.WriteAllText(path, json.ToJsonString());
        new SentencePooling(Pooling.First, Normalize: true).Write(model, 32);
        JsonObject report = Tool.Run("convert", model, _folder["model.gguf"], "--json").Succeeded().Json;
        Assert.Equal((5, 0.0), ((int)report["texts_verified"]!, (double)report["logit_difference"]!));
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        Assert.Equal(new SentencePooling(Pooling.First, Normalize: true), SentencePooling.Read(_folder["back"]));
        string[] vectors = [.. new[] { model, _folder["model.gguf"], _folder["back"] }
            .Select(place => Tool.Pipe("a bc\n", "predict", "--task", "embed", "--model", place, "--format", "txt", "--dtype", "fp32", "--quiet").Succeeded().Output)];
        Assert.Single(vectors.Distinct());
        using ModelFile back = ModelFile.Open(_folder["back"]);
        Assert.Equal(("[SEP]", "[CLS]"), (back.Tokenizer!.SeparatorToken, back.Tokenizer.BosToken));
    }

    [Fact]
    public void A_T5_model_goes_to_GGUF_and_back_and_writes_the_same()
    {
        string model = TinyTaskModel.WriteT5(_folder["model"]);
        TinyTaskModel.UseUnigram(model);
        Assert.Equal(0.0, (double)Tool.Run("convert", model, _folder["model.gguf"], "--json").Succeeded().Json["logit_difference"]!);
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        string[] written = [.. new[] { model, _folder["model.gguf"], _folder["back"] }
            .Select(place => Tool.Run("generate", "--model", place, "--prompt", "abc 12", "--max-new-tokens", "6", "--dtype", "fp32", "--json").Succeeded().Json["token_ids"]!.ToJsonString())];
        Assert.Single(written.Distinct());
    }

    [Fact]
    public void An_encoder_whose_positions_start_behind_the_padding_id_goes_to_GGUF_and_back()
    {
        string model = TinyTaskModel.WriteXlmRoberta(_folder["model"]);
        TinyTaskModel.UseUnigram(model);
        Assert.Equal(0.0, (double)Tool.Run("convert", model, _folder["model.gguf"], "--json").Succeeded().Json["logit_difference"]!);
        using (GgufFile file = GgufFile.Open(_folder["model.gguf"]))
        {
            Assert.Equal(("t5", 63, 63L), (file.Metadata.GetString("tokenizer.ggml.model"), file.Metadata.RequirePositive("bert.context_length"), file.Info("position_embd.weight").Shape[0]));
        }

        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
        using ModelFile back = ModelFile.Open(_folder["back"]);
        Assert.Equal(("xlm-roberta", 64), (back.Config.ModelType, back.Config.GetPositive("max_position_embeddings")));
        Assert.All(back.Tensors.ReadFloat32("embeddings.position_embeddings.weight").Take(32), value => Assert.Equal(0, value));
        string[] vectors = [.. new[] { model, _folder["model.gguf"], _folder["back"] }
            .Select(place => Tool.Pipe("a bc\n", "predict", "--task", "embed", "--model", place, "--format", "txt", "--dtype", "fp32", "--quiet").Succeeded().Output)];
        Assert.Single(vectors.Distinct());
    }

    [Fact]
    public void A_head_has_no_place_in_GGUF()
    {
        ToolResult result = Tool.Run("convert", TinyTaskModel.WriteBert(_folder["model"], withMaskedHead: true), _folder["model.gguf"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("an encoder without a head, found BertForMaskedLM", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_GGUF_file_can_hold_is_named()
    {
        string model = Model(json => json["model"] = new JsonObject
        {
            ["type"] = "WordLevel",
            ["unk_token"] = "<|endoftext|>",
            ["vocab"] = new JsonObject(Enumerable.Range(0, 256).Select(i => KeyValuePair.Create($"w{i}", (JsonNode?)i)).Append(KeyValuePair.Create("<|endoftext|>", (JsonNode?)256))),
        });
        ToolResult result = Tool.Run("convert", model, _folder["model.gguf"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("WordLevel", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Changes the last bit of a tensor's first element.</summary>
    private static void Nudge(string path, string name)
    {
        byte[] tensor;
        using (GgufFile file = GgufFile.Open(path))
        {
            tensor = file.ReadBytes(name);
        }

        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf(tensor)] ^= 1;
        using FileStream stream = File.OpenWrite(path);
        stream.Write(bytes);
    }

    private void RequireSameLines(string model, string kind, Func<string, bool> isComparable)
    {
        Tool.Run("convert", model, _folder["model.gguf"]).Succeeded();
        using ModelFile written = ModelFile.Open(_folder["model.gguf"]);
        Assert.Equal(kind, ((GgufTokenizerSource)written.Tokenizer!).Model);
        Tokenizer wanted = TokenizerFolder.Load(model);
        Tokenizer found = TokenizerFiles.Load(written.Tokenizer, "written");
        using var packed = new GZipStream(File.OpenRead(Goldens.Require("text", "tokenizers", "real", "lines.jsonl.gz")), CompressionMode.Decompress);
        using var lines = new StreamReader(packed);
        int compared = 0;
        var different = new List<(string Text, string Wanted, string Found)>();
        while (lines.ReadLine() is { } line)
        {
            string text = (string)JsonNode.Parse(line)!["text"]!;
            if (isComparable(text))
            {
                int[] ids = wanted.Encode(text, addSpecialTokens: true).Ids;
                int[] other = found.Encode(text, addSpecialTokens: true).Ids;
                compared++;
                if (!ids.AsSpan().SequenceEqual(other))
                {
                    different.Add((text, string.Join(' ', ids), string.Join(' ', other)));
                }
            }
        }

        Assert.Empty(different);
        Assert.InRange(compared, 800, 1000);

        // What the file's vocabulary becomes in a folder is compared by the command with texts of its own.
        Tool.Run("convert", _folder["model.gguf"], _folder["back"]).Succeeded();
    }

    private static IEnumerable<string> Characters(string text)
    {
        TextElementEnumerator characters = StringInfo.GetTextElementEnumerator(text);
        while (characters.MoveNext())
        {
            yield return characters.GetTextElement();
        }
    }

    private static void RequireSameIds(Tokenizer wanted, Tokenizer found)
    {
        Assert.All(Texts, text => Assert.Equal(wanted.Encode(text).Ids, found.Encode(text).Ids));
        Assert.All(Texts, text => Assert.Equal(wanted.Encode(text, addSpecialTokens: true).Ids, found.Encode(text, addSpecialTokens: true).Ids));
    }

    private static JsonNode Template(string single) => new JsonObject
    {
        ["type"] = "TemplateProcessing",
        ["single"] = JsonNode.Parse(single),
        ["pair"] = JsonNode.Parse("""[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]"""),
        ["special_tokens"] = JsonNode.Parse(
            """{"<|im_start|>": {"id": "<|im_start|>", "ids": [257], "tokens": ["<|im_start|>"]}, "<|im_end|>": {"id": "<|im_end|>", "ids": [258], "tokens": ["<|im_end|>"]}}"""),
    };

    // With one merge, of digits, which shows where digits are cut.
    private string Model(Action<JsonObject> change)
    {
        string model = TinyModel.Write(_folder["model"]);
        string path = Path.Combine(model, "tokenizer.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json["model"]!["vocab"]!["12"] = 259;
        json["model"]!["merges"] = new JsonArray("1 2");
        change(json);
        File.WriteAllText(path, json.ToJsonString());
        return model;
    }
}
