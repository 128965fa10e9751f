using Attune.Testing;

namespace Attune.Text.Tests.Files;

/// <summary>The ids that transformers documents for the classes of tokenizers, on models of a few pieces.</summary>
public sealed class SentencePieceClassTests : IDisposable
{
    private const int Unigram = 1;
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;

    // What follows the special pieces in every model here; "Ab" in lower case is one piece, and 9, would be one if it were not avoided.
    private static readonly (string, float, int)[] Text =
        [("\u2581", -3, Normal), ("a", -4, Normal), ("b", -4, Normal), ("\u2581ab", -2, Normal), (",", -4, Normal), ("9", -4, Normal), ("9,", -1, Normal), ("\"", -4, Normal), ("e", -4, Normal)];

    private readonly string _folder = Directory.CreateTempSubdirectory("attune-spm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Rows: class, configuration beside it, special pieces of the model, text, expected tokens with the special ones, expected ids.</summary>
    public static TheoryData<string, string, string, string, string, string> Classes => new()
    {
        { "XLMRobertaTokenizer", "", "<unk>,<s>,</s>", "ab x", "<s> ▁ab ▁ <unk> </s>", "0 7 4 3 2" },
        { "XLMRobertaTokenizer", "", "<unk>,<s>,</s>", "ab <mask>", "<s> ▁ab <mask> </s>", "0 7 13 2" },
        { "LayoutXLMTokenizer", "", "<unk>,<s>,</s>", "ab", "<s> ▁ab </s>", "0 7 2" },
        { "CamembertTokenizer", "", "<unk>,<s>,</s>", "ab x", "<s> ▁ab ▁ <unk> </s>", "5 10 7 3 6" },
        { "CamembertTokenizer", "", "<unk>,<s>,</s>", "a<mask>", "<s> ▁ a <mask> </s>", "5 7 8 16 6" },
        { "BarthezTokenizer", "", "<s>,<pad>,</s>,<unk>", "ab", "<s> ▁ab </s>", "0 7 2" },
        { "DebertaV2Tokenizer", "", "[PAD],[CLS],[SEP],[UNK]", " ab  x [MASK]", "[CLS] ▁ab ▁ [UNK] [MASK] [SEP]", "1 7 4 3 13 2" },
        { "DebertaV2Tokenizer", "\"do_lower_case\":true,\"split_by_punct\":true", "[PAD],[CLS],[SEP],[UNK]", "AB,ab", "[CLS] ▁ab ▁ , ▁ab [SEP]", "1 7 4 8 7 2" },
        { "AlbertTokenizer", "", "<pad>,<unk>,[CLS],[SEP],[MASK]", "``Áb'' 9,", "[CLS] ▁ \" a b \" ▁ 9 , [SEP]", "2 5 12 6 7 12 5 10 9 3" },
        { "AlbertTokenizer", "\"keep_accents\":true,\"do_lower_case\":false", "<pad>,<unk>,[CLS],[SEP],[MASK]", "áA", "[CLS] ▁ <unk> [SEP]", "2 5 1 3" },
        { "AlbertTokenizer", "", "<pad>,<unk>,[CLS],[SEP],[MASK]", "ab [MASK]", "[CLS] ▁ab [MASK] [SEP]", "2 8 4 3" },
        { "FNetTokenizer", "", "<pad>,<unk>,[CLS],[SEP],[MASK]", "ab\u00E9", "[CLS] ▁ab <unk> [SEP]", "2 8 1 3" },
        { "RemBertTokenizer", "", "<pad>,<unk>,[CLS],[SEP],[MASK]", "9,  ab", "[CLS] ▁ 9, ▁ab [SEP]", "2 5 11 8 3" },
        { "BigBirdTokenizer", "", "<pad>,</s>,<s>,<unk>,[SEP],[MASK],[CLS]", "ab", "[CLS] ▁ab [SEP]", "6 10 4" },
        { "XLNetTokenizer", "", "<unk>,<s>,</s>,<cls>,<sep>,<pad>,<mask>,<eod>,<eop>", "e\u0301AB 9,", "▁ e <unk> ▁ 9 , <sep> <cls>", "9 17 0 9 14 13 4 3" },
        { "T5Tokenizer", "", "<pad>,</s>,<unk>", "ab <extra_id_0> x", "▁ab <extra_id_0> ▁ <unk> </s>", "6 111 3 2 1" },
        { "T5Tokenizer", "\"extra_ids\":2,\"legacy\":false", "<pad>,</s>,<unk>", "ab<extra_id_0>ab", "▁ab <extra_id_0> a b </s>", "6 13 4 5 1" },
        { "MT5Tokenizer", "\"extra_ids\":0", "<pad>,</s>,<unk>", "ab  ab ", "▁ab ▁ab </s>", "6 6 1" },
        { "PegasusTokenizer", "", "<pad>,</s>,<unk>", "ab\u00A0x <mask_1><mask_2><unk_102>", "▁ab ▁ <unk> <mask_1> <mask_2> <unk_102> </s>", "109 106 105 2 3 104 1" },
        { "PegasusTokenizer", "\"offset\":0,\"mask_token\":\"[MASK]\"", "<pad>,</s>,<unk>,<s>,[MASK]", "ab [MASK]", "▁ab [MASK] </s>", "8 4 1" },
        { "MBartTokenizer", "", "<unk>,<s>,</s>", "ab", "▁ab </s> en_XX", "7 2 16" },
        { "MBartTokenizer", "\"src_lang\":\"ro_RO\"", "<unk>,<s>,</s>", "ab <mask>", "▁ab <mask> </s> ro_RO", "7 38 2 32" },
        { "MBart50Tokenizer", "\"src_lang\":\"sl_SI\"", "<unk>,<s>,</s>", "ab <mask>", "sl_SI ▁ab <mask> </s>", "64 7 65 2" },
        { "NllbTokenizer", "", "<unk>,<s>,</s>", "ab <mask>", "eng_Latn ▁ab <mask> </s>", "59 7 215 2" },
        { "NllbTokenizer", "\"src_lang\":\"zul_Latn\",\"legacy_behaviour\":true", "<unk>,<s>,</s>", "ab", "▁ab </s> zul_Latn", "7 2 214" },
        { "XGLMTokenizer", "", "<unk>,<s>,</s>", "ab <madeupword6>", "</s> ▁ab <madeupword6>", "2 7 19" },
        { "ReformerTokenizer", "", "<unk>,<s>,</s>", "ab", "▁ab", "6" },
        { "BertGenerationTokenizer", "", "<pad>,</s>,<s>,<unk>", "ab", "▁ab", "7" },
        { "UdopTokenizer", "", "<pad>,</s>,<unk>", "ab", "▁ab </s>", "6 1" },
    };

    [Theory]
    [MemberData(nameof(Classes))]
    public void Classes_have_the_documented_ids(string name, string config, string special, string text, string tokens, string ids)
    {
        Write(name, config, special);
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);
        Encoding encoding = tokenizer.Encode(text, addSpecialTokens: true);

        Assert.Equal(tokens, string.Join(' ', encoding.Ids.Select(id => tokenizer.IdToToken(id))));
        Assert.Equal(ids, string.Join(' ', encoding.Ids));

        Tokenizer written = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(TokenizerJson.Write(tokenizer)), "written");
        Assert.Equal(encoding.Ids, written.Encode(text, addSpecialTokens: true).Ids);
        Assert.Equal(encoding.Offsets, written.Encode(text, addSpecialTokens: true).Offsets);
    }

    [Theory]
    [InlineData("XLMRobertaTokenizer", "<unk>,<s>,</s>", "0 7 2 2 7 2", "0 0 0 0 0 0")]
    [InlineData("DebertaV2Tokenizer", "[PAD],[CLS],[SEP],[UNK]", "1 7 2 7 2", "0 0 0 1 1")]
    [InlineData("XLNetTokenizer", "<unk>,<s>,</s>,<cls>,<sep>,<pad>,<mask>,<eod>,<eop>", "12 4 12 4 3", "0 0 1 1 2")]
    [InlineData("T5Tokenizer", "<pad>,</s>,<unk>", "6 1 6 1", "0 0 0 0")]
    [InlineData("PegasusTokenizer", "<pad>,</s>,<unk>", "109 109 1", "0 0 0")]
    [InlineData("MBart50Tokenizer", "<unk>,<s>,</s>", "16 7 7 2", "0 0 0 0")]
    [InlineData("XGLMTokenizer", "<unk>,<s>,</s>", "2 7 2 2 7", "0 0 0 0 0")]
    public void Pairs_are_laid_out_as_documented(string name, string special, string ids, string types)
    {
        Write(name, "", special);
        Encoding encoding = TokenizerFolder.Load(_folder).Encode(new EncodeInput("ab", "ab"), new EncodeOptions());

        Assert.Equal(ids, string.Join(' ', encoding.Ids));
        Assert.Equal(types, string.Join(' ', encoding.TypeIds));
    }

    [Theory]
    [InlineData("MBartTokenizer", "7 2 32", "7 2 16")]
    [InlineData("MBart50Tokenizer", "32 7 2", "16 7 2")]
    public void Texts_to_be_written_have_their_own_language(string name, string source, string target)
    {
        Write(name, "\"src_lang\":\"ro_RO\",\"tgt_lang\":\"en_XX\"", "<unk>,<s>,</s>");
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal(source, string.Join(' ', tokenizer.Encode("ab", addSpecialTokens: true).Ids));
        Assert.Equal(target, string.Join(' ', tokenizer.ForTargets.Encode("ab", addSpecialTokens: true).Ids));
        Assert.Equal("ab", tokenizer.ForTargets.Decode([7, 2], skipSpecialTokens: true));
    }

    [Fact]
    public void Merges_follow_from_the_scores_of_a_BPE_model()
    {
        File.WriteAllBytes(
            Path.Combine(_folder, "sentencepiece.bpe.model"),
            SmallSentencePiece.Model(
                2,
                [("<unk>", 0, Unknown), ("<s>", 0, Control), ("</s>", 0, Control), ("ab", -1, Normal), ("bc", -2, Normal), ("\u2581a", -3, Normal), ("\u2581", -4, Normal), ("a", -5, Normal), ("b", -6, Normal), ("c", -7, Normal)]));
        Config("\"tokenizer_class\":\"NllbTokenizer\"");
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal(["\u2581", "ab", "c", "\u2581", "bc", "<unk>"], tokenizer.Encode("abc bcxx").Ids.Select(id => tokenizer.IdToToken(id)));
    }

    [Theory]
    [InlineData("deberta-v2", "DebertaV2Tokenizer", "[PAD],[CLS],[SEP],[UNK]")]
    [InlineData("pegasus", "PegasusTokenizer", "<pad>,</s>,<unk>")]
    public void The_class_follows_from_the_model_where_the_tokenizer_does_not_say(string model, string name, string special)
    {
        Write(name, "", special);
        int[] ids = TokenizerFolder.Load(_folder).Encode("ab", addSpecialTokens: true).Ids;
        Config("\"do_lower_case\":false,\"vocab_type\":\"spm\"");
        File.WriteAllText(Path.Combine(_folder, "config.json"), $$"""{"model_type":"{{model}}"}""");

        Assert.Equal(ids, TokenizerFolder.Load(_folder).Encode("ab", addSpecialTokens: true).Ids);
    }

    [Fact]
    public void Added_tokens_come_from_all_files_of_a_folder()
    {
        Write("XLMRobertaTokenizer", "\"additional_special_tokens\":[\"<x>\",{\"content\":\"<y>\",\"lstrip\":true}]", "<unk>,<s>,</s>");
        File.WriteAllText(Path.Combine(_folder, "added_tokens.json"), """{"<z>":20}""");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), """{"mask_token":{"content":"<blank>","lstrip":true}}""");
        Tokenizer tokenizer = TokenizerFolder.Load(_folder);

        Assert.Equal([7, 21, 22, 23, 20], tokenizer.Encode("ab <blank><x> <y><z>").Ids);
        Assert.True(tokenizer.IsSpecial(22));
        Assert.False(tokenizer.IsSpecial(20));
    }

    [Theory]
    [InlineData("PegasusTokenizer", "\"offset\":2000000000", "<pad>,</s>,<unk>", "$.offset: expected at most 4096 tokens, found 2000000000")]
    [InlineData("T5Tokenizer", "\"extra_ids\":-1", "<pad>,</s>,<unk>", "$.extra_ids: expected an integer that is not negative")]
    [InlineData("PegasusTokenizer", "", "<unk>,</s>", "expected the unknown piece from piece 2 on, found it at 0")]
    [InlineData("XLMRobertaTokenizer", "", "<s>,</s>", "expected one unknown piece, found 0")]
    [InlineData("MBartTokenizer", "\"src_lang\":\"xx_XX\"", "<unk>,<s>,</s>", "the vocabulary has no special token 'xx_XX'")]
    [InlineData("DebertaV2Tokenizer", "\"do_lower_case\":1", "[PAD],[CLS],[SEP],[UNK]", "$.do_lower_case: expected true or false, found 1")]
    public void Says_what_cannot_be(string name, string config, string special, string expected)
    {
        Write(name, config, special);
        Assert.Contains(expected, Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_of_words_are_refused()
    {
        Config("\"tokenizer_class\":\"T5Tokenizer\"");
        File.WriteAllBytes(Path.Combine(_folder, "spiece.model"), SmallSentencePiece.Model(3, [("<unk>", 0, Unknown), ("ab", -1, Normal)]));
        Assert.Contains("expected a model of the kind Unigram or BPE, found Word", Assert.Throws<TextException>(() => TokenizerFolder.Load(_folder)).Message, StringComparison.Ordinal);
    }

    private static string FileOf(string name) => name switch
    {
        "DebertaV2Tokenizer" => "spm.model",
        "RemBertTokenizer" => "sentencepiece.model",
        "XLMRobertaTokenizer" or "LayoutXLMTokenizer" or "CamembertTokenizer" or "BarthezTokenizer" or "MBartTokenizer" or "MBart50Tokenizer" or "NllbTokenizer" or "XGLMTokenizer" => "sentencepiece.bpe.model",
        _ => "spiece.model",
    };

    private void Write(string name, string config, string special)
    {
        (string, float, int)[] pieces = [.. special.Split(',').Select(token => (token, 0f, token is "<unk>" or "[UNK]" ? Unknown : Control)), .. Text];
        File.WriteAllBytes(Path.Combine(_folder, FileOf(name)), SmallSentencePiece.Model(Unigram, pieces));
        Config($"\"tokenizer_class\":\"{name}\"{(config.Length > 0 ? "," : "")}{config}");
    }

    private void Config(string members) => File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), $"{{{members}}}");
}
