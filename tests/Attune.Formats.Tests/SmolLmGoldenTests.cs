using System.Security.Cryptography;
using System.Text.Json;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Formats.Tests;

public class SmolLmGoldenTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void All_tensors_equal_the_recorded_checksums()
    {
        using ModelFile model = Open();
        using GgufFile raw = GgufFile.Open(Directory.GetFiles(Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF"), "*.gguf").Single());
        int count = 0;
        foreach (string line in File.ReadLines(Goldens.Require("real", "smollm2", "tensors.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement row = document.RootElement;
            string name = row.GetProperty("hf").GetString()!;
            string gguf = row.GetProperty("gguf").GetString()!;
            TensorInfo info = model.Tensors.Info(name);
            Assert.Equal(new Shape([.. row.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())]), info.Shape);
            Assert.Equal(row.GetProperty("gguf_type").GetString(), info.StoredAs);
            Assert.Equal(row.GetProperty("sha256_f32_hf_order").GetString(), Sha256(model.Tensors.ReadBytes(name)));
            if (row.TryGetProperty("sha256_f32_file_order", out JsonElement fileOrder))
            {
                Assert.Equal(fileOrder.GetString(), Sha256(raw.ReadBytes(gguf)));
            }

            count++;
        }

        Assert.Equal(272, count);
        Assert.Equal(count, model.Tensors.Names.Count);
    }

    /// <summary>Also of the matrices whose rows are in another order than in the file.</summary>
    [Fact]
    [Trait("Category", "Golden")]
    public void Blocks_are_those_of_the_numbers()
    {
        using ModelFile model = Open();
        int count = 0;
        foreach (string name in model.Tensors.Names.Where(name => model.Tensors.Info(name).Shape.Rank == 2))
        {
            IBlockMatrix blocks = model.Tensors.TryOpenBlocks(name)!;
            BlockFormat format = blocks.Format;
            const int Rows = 40;
            byte[] codes = new byte[Rows * blocks.Columns];
            float[] scales = new float[codes.Length / BlockFormat.BlockElements];
            float[] offsets = new float[scales.Length];
            blocks.ReadRows(100, codes, scales, offsets);
            float[] expected = new float[codes.Length];
            model.Tensors.ReadFloat32(name, 100L * blocks.Columns, expected);
            Assert.Equal(expected, codes.Select((code, i) => format.HasOffsets
                ? (scales[i / BlockFormat.BlockElements] * code) + offsets[i / BlockFormat.BlockElements]
                : scales[i / BlockFormat.BlockElements] * (code - format.Zero)));
            count++;
        }

        Assert.Equal(211, count);
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void The_metadata_amounts_to_the_configuration_of_the_reference()
    {
        using ModelFile model = Open();
        ModelConfig config = model.Config;
        Assert.Equal("llama", config.ModelType);
        Assert.Equal(["LlamaForCausalLM"], config.Architectures);
        Assert.Equal((49152, 576, 1536, 30), (config.GetPositive("vocab_size"), config.GetPositive("hidden_size"), config.GetPositive("intermediate_size"), config.GetPositive("num_hidden_layers")));
        Assert.Equal((9, 3, 64, 8192), (config.GetPositive("num_attention_heads"), config.GetPositive("num_key_value_heads"), config.GetPositive("head_dim"), config.GetPositive("max_position_embeddings")));
        Assert.Equal(9.999999747378752e-06, config.GetDouble("rms_norm_eps"));
        Assert.True(config.GetBoolean("tie_word_embeddings", false));
        Assert.False(config.GetBoolean("attention_bias", true));
        Assert.Equal(("default", 100_000.0), (config.Rope().GetString("rope_type"), config.Rope().GetDouble("rope_theta")));
        Assert.Equal([2], config.EosTokenIds);
        Assert.Equal(1, model.Generation.BosTokenId);
        GgufTokenizerSource tokenizer = Assert.IsType<GgufTokenizerSource>(model.Tokenizer);
        Assert.Equal(("gpt2", "smollm"), (tokenizer.Model, tokenizer.Pre));
        Assert.Equal((49152, 48900), (tokenizer.Tokens.Count, tokenizer.Merges!.Count));
        Assert.Equal((1, 2, 2, 0), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId, tokenizer.UnknownTokenId));
        Assert.Equal(("<|im_start|>", "<|im_end|>"), (tokenizer.BosToken, tokenizer.EosToken));
        Assert.Equal(3, tokenizer.TokenTypes![0]);
        Assert.False(tokenizer.AddBosToken);
        Assert.StartsWith("{% for message in messages %}", model.ChatTemplate);
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Survives_the_way_to_a_sharded_folder_and_back_to_the_same_file_metadata()
    {
        using ModelFile model = Open();
        using var temporary = new TemporaryFolder();
        HuggingFaceFolder.Write(temporary.Path, model.Config, model.Tensors, DType.F16, chatTemplate: model.ChatTemplate, maxShardBytes: 100_000_000);
        Assert.Equal(3, Directory.GetFiles(temporary.Path, "model-*-of-00003.safetensors").Length);
        using ModelFile folder = ModelFile.Open(temporary.Path);
        Assert.Equal(DType.F16, folder.Config.DType);
        Assert.Equal(model.ChatTemplate, folder.ChatTemplate);
        Assert.Equal(model.Tensors.Names.Order(StringComparer.Ordinal), folder.Tensors.Names.Order(StringComparer.Ordinal));
        const string Name = "model.layers.29.self_attn.q_proj.weight";
        Assert.Equal(model.Tensors.ReadFloat32(Name).Select(v => (float)(Half)v), folder.Tensors.ReadFloat32(Name));

        string gguf = temporary["back.gguf"];
        ModelFile.WriteGguf(gguf, folder.Config, folder.Tensors, KnownGgufTypes.F16, new GgufTextSide { Tokenizer = (GgufTokenizerSource)model.Tokenizer!, ChatTemplates = folder.ChatTemplates });
        using ModelFile back = ModelFile.Open(gguf);
        Assert.Equal(model.Config.ToJson(), back.Config.ToJson());
        Assert.Equal(model.ChatTemplate, back.ChatTemplate);
        Assert.Equal(((GgufTokenizerSource)model.Tokenizer!).Tokens, ((GgufTokenizerSource)back.Tokenizer!).Tokens);
        Assert.All(folder.Tensors.Names.Where(n => n.Contains(".7.", StringComparison.Ordinal)), n => Assert.Equal(folder.Tensors.ReadFloat32(n), back.Tensors.ReadFloat32(n)));
    }

    private static ModelFile Open() => ModelFile.Open(Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF"));

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
