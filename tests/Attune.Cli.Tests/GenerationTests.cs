using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Settings of generation: from the command line, from the model's folder, with beams and with an encoder.</summary>
public sealed class GenerationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public GenerationTests() => _model = TinyModel.Write(_folder["model"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sequence_bias", """[[[70], 1000.0]]""", "--sequence-bias", "{70: 1000}")]
    [InlineData("encoder_repetition_penalty", "9.0", "--encoder-repetition-penalty", "9")]
    [InlineData("repetition_penalty", "9.0", "--repetition-penalty", "9")]
    [InlineData("frequency_penalty", "9.0", "--frequency-penalty", "9")]
    [InlineData("presence_penalty", "9.0", "--presence-penalty", "9")]
    [InlineData("no_repeat_ngram_size", "1", "--no-repeat-ngram-size", "1")]
    [InlineData("encoder_no_repeat_ngram_size", "1", "--encoder-no-repeat-ngram-size", "1")]
    [InlineData("bad_words_ids", "[[70], [71, 72]]", "--bad-words-ids", "70", "71 72")]
    [InlineData("min_length", "60", "--min-length", "60")]
    [InlineData("min_new_tokens", "8", "--min-new-tokens", "8")]
    [InlineData("forced_eos_token_id", "258", "--forced-eos-token-id", "258")]
    [InlineData("exponential_decay_length_penalty", "[2, 9.5]", "--exponential-decay-length-penalty", "2", "9.5")]
    [InlineData("suppress_tokens", "[70, 71]", "--suppress-tokens", "70", "71")]
    [InlineData("begin_suppress_tokens", "[70, 71]", "--begin-suppress-tokens", "70", "71")]
    [InlineData("do_sample", "true", "--do-sample")]
    [InlineData("do_sample", "true, \"temperature\": 0.5", "--do-sample", "--temperature", "0.5")]
    [InlineData("do_sample", "true, \"top_h\": 0.5", "--do-sample", "--top-h", "0.5")]
    [InlineData("do_sample", "true, \"top_k\": 3", "--do-sample", "--top-k", "3")]
    [InlineData("do_sample", "true, \"top_p\": 0.5", "--do-sample", "--top-p", "0.5")]
    [InlineData("do_sample", "true, \"min_p\": 0.5", "--do-sample", "--min-p", "0.5")]
    [InlineData("do_sample", "true, \"typical_p\": 0.5", "--do-sample", "--typical-p", "0.5")]
    [InlineData("do_sample", "true, \"epsilon_cutoff\": 0.004", "--do-sample", "--epsilon-cutoff", "0.004")]
    [InlineData("do_sample", "true, \"eta_cutoff\": 0.1", "--do-sample", "--eta-cutoff", "0.1")]
    [InlineData("num_beams", "3, \"length_penalty\": 2.0, \"early_stopping\": \"never\", \"renormalize_logits\": true", "--num-beams", "3", "--length-penalty", "2", "--early-stopping", "never", "--renormalize-logits")]
    [InlineData("num_beams", "3, \"do_sample\": true, \"top_k\": 0", "--num-beams", "3", "--do-sample", "--top-k", "0")]
    [InlineData("max_length", "50", "--max-length", "50")]
    [InlineData("max_new_tokens", "3", "--max-new-tokens", "3")]
    public void The_folder_of_a_model_says_what_the_command_line_says(string key, string value, params string[] options)
    {
        string[] limit = key is "max_length" or "max_new_tokens" ? [] : ["--max-new-tokens", "8"];
        string plain = Ids([.. limit.Length > 0 ? limit : ["--max-new-tokens", "8"]]);
        string asked = Ids([.. limit, .. options]);
        File.WriteAllText(Path.Combine(_model, "generation_config.json"), $$"""{"eos_token_id": 258, "{{key}}": {{value}} }""");
        Assert.Equal(asked, Ids(limit));
        Assert.True(asked != plain || key is not ("sequence_bias" or "no_repeat_ngram_size" or "do_sample" or "max_new_tokens" or "repetition_penalty" or "forced_eos_token_id"), "the setting changes nothing");
    }

    [Fact]
    public void The_command_line_wins_over_the_folder()
    {
        string greedy = Ids("--max-new-tokens", "8");
        File.WriteAllText(Path.Combine(_model, "generation_config.json"), """{"do_sample": true, "temperature": 5.0, "top_k": 0, "max_new_tokens": 3}""");
        Assert.NotEqual(greedy, Ids("--max-new-tokens", "8"));
        Assert.Equal(greedy, Ids("--max-new-tokens", "8", "--temperature", "0"));
        Assert.Equal(greedy, Ids("--max-new-tokens", "8", "--do-sample", "false"));
        Assert.Equal(8, Answer("--max-new-tokens", "8", "--temperature", "0")["token_ids"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("bad_words_ids", """{"bad_words_ids": [70]}""")]
    [InlineData("sequence_bias", """{"sequence_bias": [[70, 1.0]]}""")]
    [InlineData("temperature", """{"temperature": "hot"}""")]
    [InlineData("top_p", """{"do_sample": true, "top_p": 3.0}""")]
    [InlineData("early_stopping", """{"early_stopping": "soon"}""")]
    public void A_bad_setting_of_the_folder_is_named(string key, string generation)
    {
        File.WriteAllText(Path.Combine(_model, "generation_config.json"), generation);
        ToolResult result = Tool.Run("generate", "--model", _model, "--prompt", "x");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(key, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bad_words_ids", "--bad-words-ids", "a b")]
    [InlineData("sequence_bias", "--sequence-bias", "{a: 2}")]
    [InlineData("exponential_decay_length_penalty", "--exponential-decay-length-penalty", "3")]
    [InlineData("num_beams", "--num-beams", "0")]
    [InlineData("max_length", "--max-length", "2")]
    public void A_bad_setting_of_the_command_line_is_named(string key, params string[] options)
    {
        ToolResult result = Tool.Run(["generate", "--model", _model, "--prompt", "a prompt of some tokens", "--raw", .. options]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(key, result.Error.Replace('-', '_'), StringComparison.Ordinal);
    }

    [Fact]
    public void An_encoder_decoder_answers_prompts_alone_and_together()
    {
        string model = TinyTaskModel.WriteT5(_folder["t5"]);
        File.WriteAllText(Path.Combine(model, "generation_config.json"), """{"decoder_start_token_id": 0, "eos_token_id": 5, "min_new_tokens": 3, "num_beams": 2, "no_repeat_ngram_size": 2}""");
        string[] prompts = ["say one", "say", "nothing at all"];
        string file = _folder.Write("prompts.txt", string.Join('\n', prompts));
        string[] settings = ["--max-new-tokens", "6", "--dtype", "fp32", "--json"];
        JsonArray together = Tool.Run(["generate", "--model", model, "--prompts", file, "--streams", "2", .. settings]).Succeeded().Json["answers"]!.AsArray();
        for (int i = 0; i < prompts.Length; i++)
        {
            JsonObject alone = Tool.Run(["generate", "--model", model, "--prompt", prompts[i], .. settings]).Succeeded().Json;
            Assert.InRange(alone["token_ids"]!.AsArray().Count, 4, 6);
            Assert.Equal((string?)alone["text"], (string?)together[i]!["text"]);
            Assert.Equal((string?)alone["finish_reason"], (string?)together[i]!["finish_reason"]);
        }
    }

    private JsonObject Answer(params string[] options) =>
        Tool.Run(["generate", "--model", _model, "--prompt", "word 3? word", "--raw", "--dtype", "fp32", "--threads", "1", "--json", .. options]).Succeeded().Json;

    private string Ids(params string[] options) => Answer(options)["token_ids"]!.ToJsonString();
}
