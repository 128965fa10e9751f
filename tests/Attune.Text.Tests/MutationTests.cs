using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Files;

namespace Attune.Text.Tests;

/// <summary>Damaged files are refused with a <see cref="TextException"/> or work; they never take much memory.</summary>
public class MutationTests
{
    public static TheoryData<string> Kinds => ["byte-level BPE", "WordPiece", "Unigram", "SentencePiece BPE", "SentencePiece Unigram", "XLM-RoBERTa", "DeBERTa-v2 BPE", "Marian", "special tokens", "tiktoken", "vocab.txt"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Mutants_are_refused_or_work(string kind) => Check(kind, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Kinds))]
    public void Very_many_mutants_are_refused_or_work(string kind) => Check(kind, Fuzz.Slow);

    [Fact]
    public void A_normaliser_that_blows_text_up_is_stopped()
    {
        var doubling = new JsonArray([.. Enumerable.Range(0, 60).Select(_ => JsonNode.Parse("""{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"""))]);
        Tokenizer tokenizer = SmallTokenizers.ByteLevel(json => json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = doubling });

        Assert.Contains("replacements are too long", Assert.Throws<TextException>(() => tokenizer.Encode("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_that_blows_text_up_is_stopped()
    {
        var doubling = new JsonArray([.. Enumerable.Range(0, 60).Select(_ => JsonNode.Parse("""{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"""))]);
        Tokenizer tokenizer = SmallTokenizers.ByteLevel(json => json["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = doubling });

        Assert.Contains("replacements are too long", Assert.Throws<TextException>(() => tokenizer.Decode(tokenizer.Encode("a").Ids)).Message, StringComparison.Ordinal);
    }

    private static void Check(string kind, int count)
    {
        (byte[] original, Func<byte[], Tokenizer> read) = Sample(kind);
        Use(read(original));
        Fuzz.Run<TextException>(original, count, mutant => Use(read(mutant)));
    }

    private static void Use(Tokenizer tokenizer)
    {
        Encoding encoding = tokenizer.Encode("the quick <|end|> brown é 123\n", addSpecialTokens: true);
        tokenizer.Decode(encoding.Ids, skipSpecialTokens: true);
        tokenizer.Encode(new EncodeInput("the quick", "é"), tokenizer.SavedOptions with { Padding = null });
    }

    private static (byte[] Original, Func<byte[], Tokenizer> Read) Sample(string kind) => kind switch
    {
        "WordPiece" => Json("""
            {"truncation":{"max_length":9,"stride":1,"strategy":"LongestFirst","direction":"Right"},
            "normalizer":{"type":"Sequence","normalizers":[{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},{"type":"Strip","strip_left":true,"strip_right":true},{"type":"Replace","pattern":{"Regex":"q+|\\d"},"content":"k"}]},
            "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"BertPreTokenizer"},{"type":"Digits","individual_digits":true},{"type":"FixedLength","length":4},{"type":"UnicodeScripts"}]},
            "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]}}},
            "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
            "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"t":2,"the":3,"##k":4,"qui":5,"kui":6,"##c":7,"1":8,"brow":9,"n":10}}}
            """),
        "Unigram" => Json("""
            {"normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"CAAAAAAEAAAAAAAAYQA="},{"type":"Nmt"},{"type":"NFKC"},{"type":"Prepend","prepend":"x"}]},
            "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},{"type":"Punctuation","behavior":"Isolated"},{"type":"CharDelimiterSplit","delimiter":"o"}]},
            "post_processor":{"type":"RobertaProcessing","sep":["</s>",1],"cls":["<s>",2],"trim_offsets":true,"add_prefix_space":true},
            "decoder":{"type":"Sequence","decoders":[{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0},{"type":"CTC","pad_token":"<p>","word_delimiter_token":"|","cleanup":true}]},
            "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["</s>",0],["<s>",0],["▁",-2.5],["the",-3],["t",-4],["h",-4.5],["e",-4],["▁br",-5],["<0xC3>",-9],["<0xA9>",-9]]}}
            """),
        "SentencePiece BPE" => (SmallSentencePiece.Bpe(), content => SentencePieceModel.Parse(content, "mutant", new SentencePieceOptions { AddBegin = true, AddEnd = true })),
        "SentencePiece Unigram" => (SmallSentencePiece.Unigram(), content => SentencePieceModel.Parse(content, "mutant")),
        "XLM-RoBERTa" => (SmallSentencePiece.Unigram(), content => ConvertModel("XLMRobertaTokenizer", content)),
        "DeBERTa-v2 BPE" => (SmallSentencePiece.Model(2, [("[CLS]", 0, 3), ("[SEP]", 0, 3), ("[UNK]", 0, 2), ("\u2581", -1, 1), ("t", -2, 1), ("h", -3, 1), ("th", -4, 1), ("\u2581th", -5, 1)]), content => ConvertModel("DebertaV2Tokenizer", content)),
        "Marian" => ("""{"</s>":0,"<unk>":1,"\u2581a":2,"b":3,">>de<<":4,"<pad>":5}"""u8.ToArray(), ReadMarian),
        "special tokens" => (
            """{"tokenizer_class":"XLMRobertaTokenizer","mask_token":{"content":"<m>","lstrip":true},"additional_special_tokens":["<x>",{"content":"<y>"}],"added_tokens_decoder":{"300":{"content":"<|end|>","lstrip":false,"rstrip":false,"normalized":true,"single_word":false,"special":true}}}"""u8.ToArray(),
            ReadConfigured),
        "tiktoken" => (Ranks(), content => TiktokenRanks.Parse(content, "mutant", new TiktokenOptions(@"\p{L}+|\s+|[^\s\p{L}]+"))),
        "vocab.txt" => ("[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nqu\n##ick\n"u8.ToArray(), content => WordPieceVocabulary.Parse(content, "mutant")),
        _ => Json(SmallTokenizers.ByteLevelJson().ToJsonString()),
    };

    private static (byte[] Original, Func<byte[], Tokenizer> Read) Json(string json) => (System.Text.Encoding.UTF8.GetBytes(json), ReadJson);

    private static Tokenizer ReadJson(byte[] content)
    {
        Tokenizer tokenizer = TokenizerJson.Parse(content, "mutant");
        TokenizerJson.Write(tokenizer);
        return tokenizer;
    }

    private static Tokenizer ConvertModel(string name, byte[] content)
    {
        using TokenizerConfig config = TokenizerConfig.Load("a folder that says nothing");
        Tokenizer tokenizer = SentencePieceConverter.Convert(KnownSentencePieceLayouts.All[name], content, "mutant", config);
        TokenizerJson.Write(tokenizer);
        return tokenizer;
    }

    private static Tokenizer ReadMarian(byte[] vocabulary) => InFolder(
        ("vocab.json", vocabulary),
        ("source.spm", SmallSentencePiece.Bpe()),
        ("target.spm", SmallSentencePiece.Unigram()),
        ("tokenizer_config.json", """{"tokenizer_class":"MarianTokenizer"}"""u8.ToArray()));

    private static Tokenizer ReadConfigured(byte[] config) => InFolder(("sentencepiece.bpe.model", SmallSentencePiece.Unigram()), ("tokenizer_config.json", config));

    private static Tokenizer InFolder(params (string Name, byte[] Content)[] files)
    {
        string folder = Directory.CreateTempSubdirectory("attune-mutant-").FullName;
        try
        {
            foreach ((string name, byte[] content) in files)
            {
                File.WriteAllBytes(Path.Combine(folder, name), content);
            }

            return TokenizerFolder.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Ranks()
    {
        IEnumerable<byte[]> tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).Append("th"u8.ToArray()).Append("the"u8.ToArray());
        return System.Text.Encoding.ASCII.GetBytes(string.Concat(tokens.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n")));
    }
}
