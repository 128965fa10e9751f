using System.Text.Json.Nodes;

namespace Attune.Text.Tests;

public sealed class TokenizerFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("attune-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Takes_tokenizer_json_first()
    {
        Write("vocab.txt", "damaged");
        Write("tokenizer.json", SmallTokenizers.ByteLevelJson().ToJsonString());

        Assert.Equal(302, TokenizerFolder.Load(_folder).VocabularySize);
    }

    [Fact]
    public void Reads_the_vocabulary_of_BERT_as_configured()
    {
        Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nab\n##c\nAb\nÁ\r\n");
        Assert.Equal([2, 4, 5, 1, 3], TokenizerFolder.Load(_folder).Encode("Abc á", addSpecialTokens: true).Ids);

        Write("tokenizer_config.json", """{"tokenizer_class":"BertTokenizerFast","do_lower_case":false,"sep_token":{"content":"[PAD]"}}""");
        Tokenizer cased = TokenizerFolder.Load(_folder);
        Assert.Equal([2, 6, 5, 7, 0], cased.Encode("Abc Á", addSpecialTokens: true).Ids);
        Assert.True(cased.IsSpecial(2));
    }

    [Theory]
    [InlineData("MPNetTokenizer", "<s>\n<pad>\n</s>\n[UNK]\n<mask>\nab\n", "0 5 4 2 2 5 2", "0 0 0 0 0 1 1")]
    [InlineData("FunnelTokenizer", "<unk>\n<sep>\n<pad>\n<cls>\n<mask>\nab\n", "3 5 4 1 5 1", "2 0 0 0 1 1")]
    public void Relatives_of_BERT_lay_texts_out_in_their_own_way(string name, string vocabulary, string ids, string types)
    {
        Write("vocab.txt", vocabulary);
        Write("tokenizer_config.json", $$"""{"tokenizer_class":"{{name}}"}""");
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);
        Encoding encoding = tokenizer.Encode(new EncodeInput("ab <mask>", "ab"), new EncodeOptions());

        Assert.Equal(ids, string.Join(' ', encoding.Ids));
        Assert.Equal(types, string.Join(' ', encoding.TypeIds));
        Assert.Equal(name == "MPNetTokenizer" ? 2 : 3, tokenizer.Encode("ab <mask>").Offsets[1].Start);
    }

    [Fact]
    public void Reads_vocabulary_and_merges_as_the_class_says()
    {
        WriteByteLevel();
        Assert.Equal([256], TokenizerFolder.Load(_folder).Encode("aa").Ids);

        Write("tokenizer_config.json", """{"tokenizer_class":"RobertaTokenizer","cls_token":"x","sep_token":"y","unk_token":"z","pad_token":"w"}""");
        Tokenizer roberta = TokenizerFolder.Load(_folder);
        Assert.Equal([Id(roberta, "x"), 256, Id(roberta, "y"), Id(roberta, "y"), Id(roberta, "e"), Id(roberta, "y")], roberta.Encode(new EncodeInput("aa", "e"), new EncodeOptions()).Ids);

        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer","bos_token":"x","add_bos_token":true}""");
        Tokenizer begun = TokenizerFolder.Load(_folder);
        Assert.Equal([Id(begun, "x"), 256], begun.Encode("aa", addSpecialTokens: true).Ids);
        Assert.Equal([Id(begun, "x"), 256, Id(begun, "e")], begun.Encode(new EncodeInput("aa", "e"), new EncodeOptions()).Ids);

        var added = new JsonObject { ["400"] = SmallTokenizers.Added(400, "[CLS]"), ["401"] = SmallTokenizers.Added(401, "[SEP]") };
        Write("tokenizer_config.json", new JsonObject { ["tokenizer_class"] = "DebertaTokenizer", ["added_tokens_decoder"] = added }.ToJsonString());
        Assert.Equal([400, 256, 401, 256, 401], TokenizerFolder.Load(_folder).Encode(new EncodeInput("aa", "aa"), new EncodeOptions()).Ids);

        Write("tokenizer_config.json", """{"tokenizer_class":"Qwen2Tokenizer"}""");
        Assert.Equal(TokenizerFolder.Load(_folder).Encode("é").Ids, TokenizerFolder.Load(_folder).Encode("e\u0301").Ids);
    }

    [Theory]
    [InlineData("", "none of them is there")]
    [InlineData("""{"tokenizer_class":"OwnTokenizer"}""", "names the class 'OwnTokenizer'; known are AlbertTokenizer, BartTokenizer, ")]
    [InlineData("""{"tokenizer_class":"XLMRobertaTokenizer"}""", "needs sentencepiece.bpe.model, which is not there")]
    [InlineData("""{"tokenizer_class":5}""", "tokenizer_config.json: $.tokenizer_class: expected a string, found 5")]
    [InlineData("""{"tokenizer_class":"GPT2Tokenizer","added_tokens_decoder":{"x":{}}}""", "$.added_tokens_decoder.x: expected an id as the name, found 'x'")]
    public void Says_what_is_missing(string config, string expected)
    {
        if (config.Length > 0)
        {
            WriteByteLevel();
            Write("tokenizer_config.json", config);
        }

        TextException error = Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_line_of_a_bad_merge()
    {
        WriteByteLevel();
        Write("merges.txt", "#version: 0.2\na a\nabc\n");

        Assert.Contains("merges.txt: line 3: expected two parts", Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_line_of_a_merge_that_the_vocabulary_lacks()
    {
        WriteByteLevel();
        Write("merges.txt", "#version: 0.2\n\na a\nq zz\n");

        Assert.Contains("merges.txt: line 4: the vocabulary has no token 'zz'", Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer"}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer","add_bos_token":false}""", false)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer","bos_token":"<|begin_of_text|>","added_tokens_decoder":{"128000":{"content":"<|begin_of_text|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}}""", true)]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","added_tokens_decoder":{"128009":{"content":"<|eot_id|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}}""", false)]
    public void Ranks_of_Llama_3_begin_a_text_with_its_token(string? config, bool begins)
    {
        Write("config.json", """{"model_type":"llama"}""");
        File.WriteAllBytes(Path.Combine(_folder, "tokenizer.model"), KnownRankFileTests.Ranks(128_000));
        if (config is not null)
        {
            Write("tokenizer_config.json", config);
        }

        Tokenizer tokenizer = TokenizerFolder.Load(_folder);
        Assert.Equal(["a"], tokenizer.Encode("a").Ids.Select(tokenizer.IdToToken));
        Assert.Equal(begins ? ["<|begin_of_text|>", "a"] : ["a"], tokenizer.Encode("a", addSpecialTokens: true).Ids.Select(tokenizer.IdToToken));
    }

    private static int Id(Tokenizer tokenizer, string token) => tokenizer.TokenToId(token)!.Value;

    private void WriteByteLevel()
    {
        JsonObject model = SmallTokenizers.ByteLevelJson()["model"]!.AsObject();
        Write("vocab.json", model["vocab"]!.ToJsonString());
        Write("merges.txt", "#version: 0.2\n" + string.Concat(model["merges"]!.AsArray().Select(merge => $"{merge![0]} {merge[1]}\n")));
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);
}
