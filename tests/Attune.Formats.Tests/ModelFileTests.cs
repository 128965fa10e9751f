using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests;

public sealed class ModelFileTests : IDisposable
{
    private const string Llama = """
        {"model_type": "llama", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "eos_token_id": 2, "rope_theta": 500, "rope_scaling":
         {"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 16}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("tokenizer.json")]
    [InlineData("config.json")]
    [InlineData("chat_template.jinja")]
    public void A_pointer_of_git_lfs_is_named_with_what_to_do(string name)
    {
        string folder = SaveFolder();
        string path = _folder.Write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n");
        Assert.Equal(
            $"file: {path}: this is no data but a pointer of Git LFS to them; fetch them with 'git lfs pull' in the folder of the repository",
            Assert.Throws<ModelFileException>(() => ModelFile.Open(folder)).Message);
    }

    [Fact]
    public void A_gguf_file_that_is_a_pointer_is_named()
    {
        string path = _folder.Write("model.gguf", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");
        Assert.Contains("git lfs pull", Assert.Throws<ModelFileException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_of_a_template_is_its_file()
    {
        string folder = SaveFolder();
        using (ModelFile none = ModelFile.Open(folder))
        {
            Assert.Empty(none.ChatTemplates);
        }

        string config = _folder.Write("tokenizer_config.json", """{"chat_template": "T"}""");
        using (ModelFile inConfig = ModelFile.Open(folder))
        {
            Assert.Equal($"{config}, chat_template", inConfig.ChatTemplates["default"].Place);
        }

        string template = _folder.Write("chat_template.jinja", "J");
        using ModelFile own = ModelFile.Open(folder);
        Assert.Equal(("J", template), (own.ChatTemplate, own.ChatTemplates["default"].Place));
    }

    [Fact]
    public void Opens_a_folder_with_tokenizer_template_and_generation_values()
    {
        string folder = SaveFolder();
        _folder.Write("tokenizer.json", "{}");
        _folder.Write("tokenizer_config.json", """{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "add_bos_token": true, "chat_template": [{"name": "tool", "template": "T"}, {"name": "default", "template": "D"}]}""");
        _folder.Write("generation_config.json", """{"eos_token_id": [2, 3], "do_sample": true, "temperature": 0.6, "top_p": 0.9, "max_new_tokens": 7}""");
        using (ModelFile model = ModelFile.Open(folder))
        {
            HuggingFaceTokenizerSource tokenizer = Assert.IsType<HuggingFaceTokenizerSource>(model.Tokenizer);
            Assert.Equal(folder, tokenizer.Folder);
            Assert.Equal(("<s>", "</s>", null, true, null), (tokenizer.BosToken, tokenizer.EosToken, tokenizer.PadToken, tokenizer.AddBosToken, tokenizer.AddEosToken));
            Assert.Equal("D", model.ChatTemplate);
            Assert.Equal(["default", "tool"], model.ChatTemplates.Keys.Order());
            Assert.Equal([2, 3], model.Generation.EosTokenIds);
            Assert.Equal((true, 0.6, 0.9, 50, 7), (model.Generation.DoSample, model.Generation.Temperature, model.Generation.TopP, model.Generation.TopK, model.Generation.MaxNewTokens));
        }

        _folder.Write("chat_template.jinja", "J");
        using (ModelFile model = ModelFile.Open(folder))
        {
            Assert.Equal("J", model.ChatTemplate);
        }
    }

    [Fact]
    public void Named_templates_are_found_where_transformers_finds_them()
    {
        string folder = SaveFolder();
        string old = _folder.Write("chat_template.json", """{"chat_template": "O"}""");
        Assert.Equal(("O", $"{old}, chat_template"), Template(folder, "default"));
        _folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "rag", "template": "R"}]}""");
        Assert.Equal("R", Template(folder, "rag").Text);
        using (ModelFile model = ModelFile.Open(folder))
        {
            Assert.Null(model.ChatTemplate);
        }

        Directory.CreateDirectory(_folder["additional_chat_templates"]);
        _folder.Write("chat_template.jinja", "J");
        string tools = _folder.Write("additional_chat_templates/tool_use.jinja", "T");
        Assert.Equal(("T", tools), Template(folder, "tool_use"));
        using (ModelFile model = ModelFile.Open(folder))
        {
            Assert.Equal(["default", "tool_use"], model.ChatTemplates.Keys.Order());
            Directory.CreateDirectory(_folder["copy"]);
            ChatTemplateFiles.WriteNamed(_folder["copy"], model.ChatTemplates);
        }

        Assert.Equal("T", File.ReadAllText(_folder["copy/additional_chat_templates/tool_use.jinja"]));
        Assert.False(File.Exists(_folder["copy/additional_chat_templates/default.jinja"]));
    }

    [Theory]
    [InlineData("../out")]
    [InlineData("")]
    [InlineData(".hidden")]
    public void A_template_s_name_could_be_that_of_a_file(string name)
    {
        string folder = SaveFolder();
        _folder.Write("tokenizer_config.json", $$"""{"chat_template": [{"name": "{{name}}", "template": "T"}]}""");
        Assert.Contains("chat_template[0].name", Assert.Throws<ModelFileException>(() => ModelFile.Open(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_GGUF_file_carries_tokenizer_and_template_there_and_back()
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        var tokenizer = new GgufTokenizerSource("gpt2", ["a", "b", "c", "d", "e", "f", "g", "ab"])
        {
            Pre = "smollm",
            Merges = ["a b"],
            TokenTypes = [3, 1, 1, 1, 1, 1, 1, 1],
            Scores = [0, 1, 2, 3, 4, 5, 6, 7],
            BosTokenId = 0,
            EosTokenId = 2,
            PadTokenId = 3,
            UnknownTokenId = 4,
            AddBosToken = true,
            AddEosToken = false,
            AddSpacePrefix = false,
        };
        ModelFile.WriteGguf(_folder["model.gguf"], model.Config, model.Tensors, KnownGgufTypes.Q8, new GgufTextSide { Tokenizer = tokenizer, ChatTemplates = Templates(("default", "template"), ("tool_use", "tools"), ("with-sources", "sources")) });
        using ModelFile gguf = ModelFile.Open(_folder["model.gguf"]);
        Assert.Equivalent(tokenizer with { BosToken = "a", EosToken = "c", PadToken = "d", UnknownToken = "e" }, gguf.Tokenizer, strict: true);
        Assert.Equal("template", gguf.ChatTemplate);
        Assert.Equal(
            [("default", "template"), ("tool_use", "tools"), ("with_sources", "sources")],
            gguf.ChatTemplates.Select(entry => (entry.Key, entry.Value.Text)).Order());
        using GgufFile file = GgufFile.Open(_folder["model.gguf"]);
        Assert.Equal(["tool_use", "with_sources"], file.Metadata.GetStrings("tokenizer.chat_templates")!);
        Assert.Equal(2, gguf.Config.FindInt32("eos_token_id"));
        Assert.Equal(("llama3", 8.0, 16), (gguf.Config.Rope().GetString("rope_type"), gguf.Config.Rope().GetDouble("factor"), gguf.Config.Rope().GetPositive("original_max_position_embeddings")));
    }

    [Theory]
    [InlineData("tokenizer.chat_template.../../evil", "a name of letters")]
    [InlineData("tokenizer.chat_template.", "a name of letters")]
    [InlineData("tokenizer.chat_template.default", "each once")]
    public void Templates_of_GGUF_files_have_names_that_files_could_have(string key, string expected)
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        ModelFile.WriteGguf(_folder["model.gguf"], model.Config, model.Tensors, KnownGgufTypes.F32, Side(("default", "template")));
        using (GgufFile good = GgufFile.Open(_folder["model.gguf"]))
        {
            good.Metadata[key] = "text";
            using GgufWriter writer = GgufWriter.Create(_folder["named.gguf"], good.Metadata, [.. good.Tensors]);
            foreach (string name in good.Names)
            {
                writer.WriteRaw(name, 0, good.ReadBytes(name));
            }

            writer.Commit();
        }

        string message = Refusal(_folder["named.gguf"]);
        Assert.Contains($"key '{key}'", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Templates_that_GGUF_would_call_the_same_are_refused()
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        string message = Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(
            _folder["model.gguf"], model.Config, model.Tensors, KnownGgufTypes.F32, Side(("tool_use", "T"), ("tool-use", "U")))).Message;
        Assert.Contains("place of tool-use: a second one has the name 'tool_use'", message);
    }

    [Fact]
    public void Parts_of_permuted_tensors_equal_the_whole()
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        ModelFile.WriteGguf(_folder["model.gguf"], model.Config, model.Tensors, KnownGgufTypes.F32);
        using ModelFile gguf = ModelFile.Open(_folder["model.gguf"]);
        const string Name = "model.layers.0.self_attn.q_proj.weight";
        float[] whole = gguf.Tensors.ReadFloat32(Name);
        Assert.Equal(model.Tensors.ReadFloat32(Name), whole);
        var part = new float[50];
        for (int offset = 0; offset + part.Length <= whole.Length; offset += 13)
        {
            gguf.Tensors.ReadFloat32(Name, offset, part);
            Assert.Equal(whole[offset..(offset + part.Length)], part);
        }
    }

    [Fact]
    public void The_file_order_of_q_is_the_interleaved_rotary_form()
    {
        var permutation = new RowPermutation(3);
        int[] file = [.. Enumerable.Range(0, 24).Select(r => permutation.HuggingFaceRow(r, 24))];
        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7, 8, 12], file[..10]);
        Assert.All(Enumerable.Range(0, 24), r => Assert.Equal(r, permutation.FileRow(permutation.HuggingFaceRow(r, 24), 24)));
        Assert.False(permutation.Fits(21));
    }

    [Fact]
    public void Says_what_is_missing()
    {
        Assert.Contains("found nothing", Refusal(_folder["absent"]));
        Assert.Contains("neither", Refusal(_folder.Path));
        _folder.Write("adapter_config.json", "{}");
        Assert.Contains("adapter", Refusal(_folder.Path));
        _folder.Write("config.json", Llama);
        Assert.Contains("model.safetensors", Refusal(_folder.Path));
        _folder.Write("pytorch_model.bin", "");
        Assert.Contains("pytorch_model.bin, byte 0", Refusal(_folder.Path));
        Assert.Contains("give the folder", Refusal(_folder.Write("x.safetensors", "")));
    }

    [Fact]
    public void Names_the_known_architectures()
    {
        GgufFileWith("rwkv7");
        string message = Refusal(_folder["x.gguf"]);
        Assert.All(KnownGgufArchitectures.All, architecture => Assert.Contains(architecture.Name, message));
        Assert.Contains("\"rwkv7\"", message);
        ModelConfig config = ModelConfig.Parse("""{"model_type": "albert"}"""u8.ToArray(), "config.json");
        using ModelFile model = ModelFile.Open(SaveFolder());
        Assert.Contains("llama", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(_folder["y.gguf"], config, model.Tensors, KnownGgufTypes.F32)).Message);
    }

    [Theory]
    [InlineData("split.count", 2, "split.count")]
    [InlineData("llama.expert_count", 8, "expert_used_count")]
    [InlineData("llama.attention.head_count", 5, "5 heads")]
    [InlineData("llama.attention.head_count", 64, "head_count")]
    [InlineData("llama.attention.head_count_kv", 0, "head_count_kv")]
    [InlineData("llama.rope.scaling.type", "cubic", "cubic")]
    [InlineData("llama.rope.freq_base", float.NaN, "finite")]
    [InlineData("llama.rope.dimension_count", int.MaxValue, "rope_freqs")]
    [InlineData("llama.context_length", "long", "an integer")]
    [InlineData("tokenizer.ggml.eos_token_id", 3, "below 3")]
    [InlineData("tokenizer.ggml.token_type", new[] { 1 }, "3 tokens")]
    public void Refuses_GGUF_metadata_that_lies(string key, object value, string mentioned)
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        var tokenizer = new GgufTokenizerSource("gpt2", ["a", "b", "c"]) { TokenTypes = [1, 1, 1], EosTokenId = 2 };
        ModelFile.WriteGguf(_folder["good.gguf"], model.Config.With("head_dim", null), model.Tensors, KnownGgufTypes.F32, new GgufTextSide { Tokenizer = tokenizer });
        using GgufFile good = GgufFile.Open(_folder["good.gguf"]);
        good.Metadata[key] = value;
        using (GgufWriter writer = GgufWriter.Create(_folder["lying.gguf"], good.Metadata, [.. good.Tensors]))
        {
            foreach (string name in good.Names)
            {
                writer.WriteRaw(name, 0, good.ReadBytes(name));
            }

            writer.Commit();
        }

        Assert.Contains(mentioned, Refusal(_folder["lying.gguf"]));
    }

    [Theory]
    [InlineData(Fuzz.Quick)]
    public void Answers_damaged_GGUF_models_with_typed_errors_only(int count)
    {
        using ModelFile model = ModelFile.Open(SaveFolder());
        var tokenizer = new GgufTokenizerSource("gpt2", ["a", "b", "c"]) { Merges = ["a b"], TokenTypes = [1, 1, 1], BosTokenId = 0, EosTokenId = 2 };
        ModelFile.WriteGguf(_folder["model.gguf"], model.Config, model.Tensors, KnownGgufTypes.Q8, new GgufTextSide { Tokenizer = tokenizer, ChatTemplates = Templates(("default", "template"), ("rag", "sources")) });
        byte[] original = File.ReadAllBytes(_folder["model.gguf"]);
        int refused = Mutations.Run(original, 2_200, count, _folder["mutant"], p =>
        {
            using ModelFile mutant = ModelFile.Open(p);
            foreach (string name in mutant.Tensors.Names)
            {
                mutant.Tensors.ReadBytes(name);
            }
        });
        Assert.InRange(refused, count / 2, count);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Answers_much_damaged_GGUF_models_with_typed_errors_only() => Answers_damaged_GGUF_models_with_typed_errors_only(Fuzz.Slow);

    [Theory]
    [InlineData(Fuzz.Quick)]
    public void Answers_damaged_configurations_with_typed_errors_only(int count)
    {
        SaveFolder();
        byte[] original = File.ReadAllBytes(_folder["config.json"]);
        int refused = Mutations.Run(original, original.Length, count, _folder["config.json"], p =>
        {
            ModelConfig config = ModelConfig.Load(p);
            _ = config.ModelType;
            _ = config.DType;
            _ = config.Rope().GetDouble("rope_theta");
            _ = config.GetPositive("hidden_size");
            _ = config.GetDouble("rms_norm_eps");
            _ = new GenerationConfig(config);
        });
        Assert.InRange(refused, count / 2, count);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Answers_much_damaged_configurations_with_typed_errors_only() => Answers_damaged_configurations_with_typed_errors_only(Fuzz.Slow);

    private static string Refusal(string path)
    {
        string message = Assert.Throws<ModelFileException>(() => ModelFile.Open(path)).Message;
        Assert.Contains(path, message);
        return message;
    }

    private static GgufTextSide Side(params ReadOnlySpan<(string Name, string Text)> templates) =>
        new() { Tokenizer = new GgufTokenizerSource("gpt2", ["a", "b", "c"]), ChatTemplates = Templates(templates) };

    private static Dictionary<string, StoredChatTemplate> Templates(params ReadOnlySpan<(string Name, string Text)> templates)
    {
        var result = new Dictionary<string, StoredChatTemplate>();
        foreach ((string name, string text) in templates)
        {
            result.Add(name, new StoredChatTemplate(text, $"place of {name}"));
        }

        return result;
    }

    private static (string Text, string Place) Template(string folder, string name)
    {
        using ModelFile model = ModelFile.Open(folder);
        return (model.ChatTemplates[name].Text, model.ChatTemplates[name].Place);
    }

    private string SaveFolder()
    {
        (string, Shape)[] tensors =
        [
            ("model.embed_tokens.weight", [8, 32]), ("model.norm.weight", [32]),
            .. new (string, Shape)[]
            {
                ("input_layernorm", [32]), ("self_attn.q_proj", [32, 32]), ("self_attn.k_proj", [16, 32]), ("self_attn.v_proj", [16, 32]), ("self_attn.o_proj", [32, 32]),
                ("post_attention_layernorm", [32]), ("mlp.gate_proj", [32, 32]), ("mlp.up_proj", [32, 32]), ("mlp.down_proj", [32, 32]),
            }.Select(t => ($"model.layers.0.{t.Item1}.weight", t.Item2)),
        ];
        var random = new Random(3);
        using SafetensorsWriter writer = SafetensorsWriter.Create(_folder["model.safetensors"], tensors.Select(t => new TensorInfo(t.Item1, DType.F32, t.Item2)));
        foreach ((string name, Shape shape) in tensors)
        {
            writer.Write<float>(name, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)random.NextDouble())]);
        }

        writer.Commit();
        _folder.Write("config.json", Llama);
        return _folder.Path;
    }

    private void GgufFileWith(string architecture) =>
        Gguf.GgufFileTests.Write(_folder["x.gguf"], new GgufMetadata { ["general.architecture"] = architecture }, []);
}
