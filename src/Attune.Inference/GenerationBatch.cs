using Attune.Models;
using Attune.Text;

namespace Attune.Inference;

/// <summary>Prompts that are continued, some of them together; where a text ends, the next prompt takes its place.</summary>
internal sealed class GenerationBatch : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly IReadOnlyList<IReadOnlyList<int>> _prompts;
    private readonly int[] _limits;
    private readonly GenerationOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly DecodingState _state;
    private readonly GenerationStream?[] _streams;
    private readonly int[] _promptOf;
    private readonly bool[] _takesPart;
    private readonly int[] _ids;
    private readonly float[] _logits;
    private int _begun;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="prompts">Token ids, at least one prompt.</param>
    /// <param name="limits">Most tokens to generate behind each.</param>
    /// <param name="options">How tokens are chosen and when a text ends.</param>
    /// <param name="streams">Prompts at a time.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public GenerationBatch(
        CausalLmModel model, Tokenizer tokenizer, IReadOnlyList<IReadOnlyList<int>> prompts, int[] limits, GenerationOptions options, int streams, CancellationToken cancellation)
    {
        _tokenizer = tokenizer;
        _prompts = prompts;
        _limits = limits;
        _options = options;
        _cancellation = cancellation;
        _state = new DecodingState(model, streams, prompts.Select((prompt, i) => prompt.Count + limits[i]).Max());
        _streams = new GenerationStream?[streams];
        _promptOf = new int[streams];
        _takesPart = new bool[streams];
        _ids = new int[streams];
        _logits = new float[streams * model.VocabSize];
    }

    /// <summary>Is given the text of a run over one prompt as it comes; null for nobody.</summary>
    public Action<string>? OnText { get; init; }

    /// <summary>Is given the index of a prompt and its result.</summary>
    public required Action<int, GenerationResult> OnResult { get; init; }

    /// <summary>Continues all prompts.</summary>
    public void Run()
    {
        do
        {
            Begin();
        }
        while (Step());
    }

    public void Dispose() => _state.Dispose();

    /// <summary>Puts prompts into the places that are free.</summary>
    private void Begin()
    {
        for (int place = 0; place < _streams.Length; place++)
        {
            // A text may be over with its first token, and the next one, too.
            while (_streams[place] is null && _begun < _prompts.Count)
            {
                int index = _promptOf[place] = _begun++;
                var stream = new GenerationStream(_tokenizer, _prompts[index], _limits[index], _options, OnText);
                _state.Clear(place);
                if (!_cancellation.IsCancellationRequested)
                {
                    Span<float> logits = _logits.AsSpan(0, _state.VocabSize);
                    _state.Read(place, stream.Prompt, logits);
                    stream.Choose(logits);
                }

                _streams[place] = stream;
                Settle(place);
            }
        }
    }

    /// <summary>Appends a token to every text under way; false when there is none.</summary>
    private bool Step()
    {
        int active = 0;
        for (int place = 0; place < _streams.Length; place++)
        {
            _takesPart[place] = _streams[place] is not null;
            if (_streams[place] is { } stream)
            {
                _ids[active++] = stream.Last;
            }
        }

        if (active == 0)
        {
            return false;
        }

        int vocabulary = _state.VocabSize;
        _state.Step(_ids.AsSpan(0, active), _takesPart, _logits.AsSpan(0, active * vocabulary));
        int row = 0;
        for (int place = 0; place < _streams.Length; place++)
        {
            if (_takesPart[place])
            {
                _streams[place]!.Choose(_logits.AsSpan(row++ * vocabulary, vocabulary));
                Settle(place);
            }
        }

        return true;
    }

    /// <summary>Hands a text out that is over.</summary>
    private void Settle(int place)
    {
        GenerationStream stream = _streams[place]!;
        if (_cancellation.IsCancellationRequested)
        {
            stream.Cancel();
        }

        if (stream.FinishReason is not null)
        {
            _streams[place] = null;
            OnResult(_promptOf[place], stream.Finish());
        }
    }
}
