using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Kernels.Cpu;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Models in all the files that they come in, through the tool.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("f32")]
    [InlineData("f16")]
    [InlineData("bf16")]
    [InlineData("q8_0")]
    [InlineData("q6_k")]
    [InlineData("q5_0")]
    [InlineData("q4_k")]
    [InlineData("q4_0")]
    public void Every_type_is_compared_with_its_source_before_it_is_kept(string type)
    {
        string model = TinyModel.Write(_folder["model"]);
        JsonObject report = Tool.Run("convert", model, _folder["model.gguf"], "--dtype", type, "--json").Succeeded().Json;
        Assert.Equal(type, (string?)report["dtype"]);
        Assert.Equal(5, (int)report["texts_verified"]!);
        Assert.True((int)report["tensors_verified"]! > 0);
        Assert.InRange((double)report["perplexity"]! / (double)report["perplexity_before"]!, 0.9, 1.1);
        Assert.InRange((double)report["logit_difference"]!, 0, type == "f32" ? 1e-5 : type.StartsWith('q') ? 0.5 : 0.02);
        Tool.Run("info", _folder["model.gguf"]).Succeeded();
    }

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("spbpe_512", true)]
    [InlineData("spbpe_2000", true)]
    [InlineData("spbpe_2000", false)]
    public void A_SentencePiece_vocabulary_goes_there_and_back(string name, bool blankFirst)
    {
        string model = SentencePieceModels.Write(_folder["model"], Goldens.Require("text", "tokenizers", "trained", name, "tokenizer.json"), blankFirst);
        Tool.Run("convert", model, _folder["model.gguf"], "--dtype", "f32").Succeeded();
        using (GgufFile file = GgufFile.Open(_folder["model.gguf"]))
        {
            GgufTokenizerSource tokenizer = file.ReadTokenizer()!;
            Assert.Equal(("llama", blankFirst, true), (tokenizer.Model, tokenizer.AddSpacePrefix, tokenizer.AddBosToken));
            Assert.Equal([2, 3, 3, 6, 6], tokenizer.TokenTypes!.Take(5));
        }

        // Back in a folder it is BPE with merges again, which are compared with the file's scores by what they make of texts.
        JsonObject report = Tool.Run("convert", _folder["model.gguf"], _folder["back"], "--json").Succeeded().Json;
        Assert.True((int)report["texts_verified"]! > 0);
        JsonNode written = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["back"], "tokenizer.json")))!;
        JsonNode original = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "tokenizer.json")))!;
        Assert.True(JsonNode.DeepEquals(original["model"]!["vocab"], written["model"]!["vocab"]));
        Assert.True((bool)written["model"]!["byte_fallback"]!);
    }

    public static TheoryData<string> BlockTypes()
    {
        string path = Path.Combine(Goldens.Root, "training", "quant", "gguf", "gguf.safetensors");
        if (!File.Exists(path))
        {
            return [Goldens.None];
        }

        using SafetensorsFile blocks = SafetensorsFile.Open(path);
        return [.. KnownGgufTypes.All.Where(type => type.BlockElements > 1 && blocks.Contains($"{type.Name}.bytes")).Select(type => type.Name)];
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(BlockTypes))]
    public void Models_of_every_block_type_generate_and_are_converted(string type)
    {
        string goldens = Goldens.Require("training", "quant", "gguf", "gguf.safetensors");
        Tool.Run("convert", TinyModel.Write(_folder["model"], hidden: 256), _folder["plain.gguf"], "--dtype", "f32").Succeeded();
        WriteBlocks(_folder["plain.gguf"], _folder["model.gguf"], KnownGgufTypes.ByName(type)!, goldens);
        JsonObject report = Tool.Run("convert", _folder["model.gguf"], _folder["back"], "--json").Succeeded().Json;
        Assert.Equal("f32", (string?)report["dtype"]);
        string Text(string model) => (string)Tool.Run("generate", "--model", model, "--prompt", "x", "--max-new-tokens", "8", "--dtype", "fp32", "--json").Succeeded().Json["text"]!;
        Assert.Equal(Text(_folder["back"]), Text(_folder["model.gguf"]));
    }

    [Fact]
    public void Copies_of_files_that_can_only_be_read_can_be_written()
    {
        string model = TinyModel.Write(_folder["model"]);
        string[] files = Directory.GetFiles(model);
        Array.ForEach(files, file => File.SetAttributes(file, FileAttributes.ReadOnly));
        try
        {
            Tool.Run("convert", model, _folder["copy"]).Succeeded();
            Tool.Run("export", "--model", model, "--output", _folder["onnx"]).Succeeded();
        }
        finally
        {
            Array.ForEach(files, file => File.SetAttributes(file, FileAttributes.Normal));
        }

        string[] written = [.. Directory.GetFiles(_folder["copy"]), .. Directory.GetFiles(_folder["onnx"])];
        Assert.Equal(2, written.Count(file => Path.GetFileName(file) == "tokenizer.json"));
        Assert.All(written, file => Assert.False(File.GetAttributes(file).HasFlag(FileAttributes.ReadOnly), file));
    }

    [Fact]
    public void Activations_are_rounded_to_int8_where_weights_have_few_bits()
    {
        Assert.SkipUnless(CpuTier.Avx512Bf16.IsAvailable, "this machine holds no weights in few bits");
        string model = TinyModel.Write(_folder["model"]);
        string text = _folder["text.txt"];
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 100).Select(i => $"word {i * 37 % 101}, ")));
        Tool.Run("convert", model, _folder["model.gguf"], "--dtype", "q8_0").Succeeded();
        double rounded = Loss(_folder["model.gguf"], "--activations", "int8", "--threads", "2");
        Assert.Equal(rounded, Loss(_folder["model.gguf"], "--activations", "int8", "--threads", "1"));
        double plain = Loss(_folder["model.gguf"], "--activations", "bf16");
        Assert.Equal(plain, Loss(_folder["model.gguf"]));
        Assert.NotEqual(plain, rounded);
        Assert.Equal(plain, rounded, 0.01);

        // In fp32 nothing is rounded, so the option is refused there.
        ToolResult precise = Tool.Run("evaluate", "--model", _folder["model.gguf"], "--text-file", text, "--dtype", "fp32", "--activations", "int8");
        Assert.NotEqual(0, precise.ExitCode);
        Assert.Contains("multiplied in bf16, found none", precise.Error);

        double Loss(string file, params string[] words) =>
            (double)Tool.Run(["evaluate", "--model", file, "--text-file", text, "--window", "64", "--dtype", "bf16", "--json", .. words]).Succeeded().Json["loss"]!;
    }

    [Fact]
    public void Pickled_weights_are_a_model_for_every_command()
    {
        string model = TinyModel.Write(_folder["model"]);
        string data = TinyModel.WriteChats(_folder["chats.jsonl"]);
        JsonObject wanted = Tool.Run("evaluate", "--model", model, "--data", data, "--dtype", "fp32", "--json").Succeeded().Json;
        string weights = Path.Combine(model, "model.safetensors");
        using (SafetensorsFile source = SafetensorsFile.Open(weights))
        {
            PickledWeights.Write(Path.Combine(model, "pytorch_model.bin"), source);
        }

        File.Delete(weights);
        JsonObject found = Tool.Run("evaluate", "--model", model, "--data", data, "--dtype", "fp32", "--json").Succeeded().Json;
        Assert.Equal((double)wanted["loss"]!, (double)found["loss"]!);
        Tool.Run("info", model).Succeeded();
        Tool.Run("convert", model, _folder["back"]).Succeeded();
        Assert.True(File.Exists(Path.Combine(_folder["back"], "model.safetensors")));
    }

    [Fact]
    public void Vocabulary_files_are_a_tokenizer_for_every_command()
    {
        string model = TinyModel.Write(_folder["model"]);
        string data = TinyModel.WriteChats(_folder["chats.jsonl"]);
        JsonObject wanted = Tool.Run("evaluate", "--model", model, "--data", data, "--dtype", "fp32", "--json").Succeeded().Json;
        JsonObject tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "tokenizer.json")))!.AsObject();
        File.WriteAllText(Path.Combine(model, "vocab.json"), tokenizer["model"]!["vocab"]!.ToJsonString());
        File.WriteAllText(Path.Combine(model, "merges.txt"), "#version: 0.2\n");
        File.WriteAllText(
            Path.Combine(model, "tokenizer_config.json"),
            """{"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "unk_token": "<|endoftext|>", "added_tokens_decoder": {"257": {"content": "<|im_start|>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}, "258": {"content": "<|im_end|>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}}}""");
        File.Delete(Path.Combine(model, "tokenizer.json"));
        JsonObject found = Tool.Run("evaluate", "--model", model, "--data", data, "--dtype", "fp32", "--json").Succeeded().Json;
        Assert.Equal((double)wanted["loss"]!, (double)found["loss"]!);
        Tool.Run("convert", model, _folder["copy"], "--dtype", "f16").Succeeded();
        Assert.True(File.Exists(Path.Combine(_folder["copy"], "merges.txt")));
        Tool.Run("convert", model, _folder["model.gguf"]).Succeeded();
    }

    [Fact]
    public void Commands_with_a_common_word_are_listed()
    {
        string help = Tool.Run("tokenizer", "--help").Succeeded().Output;
        Assert.Contains("tokenizer train", help, StringComparison.Ordinal);
        Assert.Contains("tokenizer inspect", help, StringComparison.Ordinal);
        Assert.Equal(help, Tool.Run("tokenizer").Succeeded().Output);
    }

    [Fact]
    public void Vocabularies_of_sentence_pieces_are_read_from_files_of_any_architecture()
    {
        var metadata = new GgufMetadata
        {
            ["general.architecture"] = "t5",
            ["tokenizer.ggml.model"] = "t5",
            ["tokenizer.ggml.tokens"] = new[] { "<pad>", "</s>", "<unk>", "\u2581a", "b", "\u2581" },
            ["tokenizer.ggml.scores"] = new[] { 0f, 0f, 0f, -1f, -2f, -3f },
            ["tokenizer.ggml.token_type"] = new[] { 3, 3, 2, 1, 1, 1 },
            ["tokenizer.ggml.eos_token_id"] = 1u,
            ["tokenizer.ggml.unknown_token_id"] = 2u,
            ["tokenizer.ggml.add_space_prefix"] = true,
            ["tokenizer.ggml.remove_extra_whitespaces"] = true,
        };
        using (GgufWriter writer = GgufWriter.Create(_folder["t5.gguf"], metadata, []))
        {
            writer.Commit();
        }

        JsonObject shown = Tool.Run("tokenizer", "inspect", _folder["t5.gguf"], "--text", "a   ab", "--json").Succeeded().Json;
        Assert.Equal([3, 3, 4], shown["tokens"]!.AsArray().Select(token => (int)token!["id"]!));
    }

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("parquet/chat.parquet")]
    [InlineData("arrow/stream_views.arrows")]
    [InlineData("datasets_folder/train")]
    public void Columns_are_data_for_training_and_evaluation(string name)
    {
        string data = Goldens.Require("text", "data", name);
        string model = TinyModel.Write(_folder["model"]);
        JsonObject score = Tool.Run("evaluate", "--model", model, "--data", data, "--max-length", "64", "--on-bad-rows", "skip", "--json").Succeeded().Json;
        Assert.True((long)score["tokens"]! > 0);
        Tool.Run("train", "--model", model, "--data", data, "--max-length", "64", "--on-bad-rows", "skip", "--max-steps", "1", "--output", _folder["run"]).Succeeded();
    }

    /// <summary>Copies a model; its matrices become blocks of reference values, over and over.</summary>
    private static void WriteBlocks(string source, string path, GgufType type, string goldens)
    {
        using SafetensorsFile reference = SafetensorsFile.Open(goldens);
        byte[] blocks = reference.ReadBytes($"{type.Name}.bytes");
        using GgufFile file = GgufFile.Open(source);
        GgufTensor[] tensors = [.. file.Tensors.Select(tensor => tensor.Shape.Rank == 2 ? tensor with { Type = type } : tensor)];
        using GgufWriter writer = GgufWriter.Create(path, file.Metadata, tensors);
        foreach (GgufTensor tensor in tensors)
        {
            byte[] contents = new byte[tensor.ByteCount];
            if (tensor.Shape.Rank != 2)
            {
                file.ReadRaw(tensor.Name, 0, contents);
            }

            for (int at = 0; tensor.Shape.Rank == 2 && at < contents.Length; at += blocks.Length)
            {
                blocks.AsSpan(0, Math.Min(blocks.Length, contents.Length - at)).CopyTo(contents.AsSpan(at));
            }

            writer.WriteRaw(tensor.Name, 0, contents);
        }

        writer.Commit();
    }
}
