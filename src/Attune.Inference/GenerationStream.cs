using System.Diagnostics;
using System.Text;
using Attune.Text;

namespace Attune.Inference;

/// <summary>A text while it is being generated: its tokens, what comes next, when it ends.</summary>
internal sealed class GenerationStream
{
    private readonly GenerationOptions _options;
    private readonly TokenSampler _sampler;
    private readonly StreamingDecoder _decoder;
    private readonly StopMatcher _matcher;
    private readonly StringBuilder _text = new();
    private readonly Action<string>? _onText;
    private readonly int[] _tokens;
    private readonly int _promptTokens;
    private readonly long _started = Stopwatch.GetTimestamp();
    private double _prefillSeconds;
    private int _count;

    /// <summary>Starts behind a prompt.</summary>
    /// <param name="tokenizer">Makes text of ids.</param>
    /// <param name="prompt">Token ids.</param>
    /// <param name="limit">Most tokens to generate.</param>
    /// <param name="options">How tokens are chosen and when the text ends.</param>
    /// <param name="onText">Is given the text as it comes, whole characters only; null for nobody.</param>
    public GenerationStream(Tokenizer tokenizer, IReadOnlyList<int> prompt, int limit, GenerationOptions options, Action<string>? onText)
    {
        _options = options;
        _sampler = new TokenSampler(options, new PromptContext(prompt.Count, limit, prompt));
        _decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
        _matcher = new StopMatcher(options.Stop);
        _onText = onText;
        _promptTokens = _count = prompt.Count;
        _tokens = new int[prompt.Count + limit];
        for (int i = 0; i < prompt.Count; i++)
        {
            _tokens[i] = prompt[i];
        }
    }

    /// <summary>The prompt.</summary>
    public ReadOnlySpan<int> Prompt => _tokens.AsSpan(0, _promptTokens);

    /// <summary>The token that was chosen last.</summary>
    public int Last => _tokens[_count - 1];

    /// <summary>Why the text ended; null while it goes on.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">[V]; changed.</param>
    public void Choose(Span<float> logits)
    {
        if (_count == _promptTokens)
        {
            _prefillSeconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        }

        int next = _sampler.Next(logits, _tokens.AsSpan(0, _count));
        _tokens[_count++] = next;
        if (!_options.EosTokenIds.Contains(next))
        {
            Emit(_matcher.Append(_decoder.Append(next)));
        }
        else
        {
            FinishReason = "stop";
        }

        FinishReason ??= _matcher.IsStopped ? "stop" : _count == _tokens.Length ? "length" : null;
    }

    /// <summary>Ends the text where it is.</summary>
    public void Cancel() => FinishReason ??= "cancelled";

    /// <summary>What was generated.</summary>
    public GenerationResult Finish()
    {
        if (!_matcher.IsStopped)
        {
            Emit(_matcher.Append(_decoder.Flush()));
            Emit(_matcher.IsStopped ? string.Empty : _matcher.Flush());
        }

        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return new GenerationResult(_text.ToString(), _tokens[_promptTokens.._count], FinishReason!, _promptTokens, _prefillSeconds, seconds - _prefillSeconds);
    }

    private void Emit(string text)
    {
        if (text.Length > 0)
        {
            _text.Append(text);
            _onText?.Invoke(text);
        }
    }
}
