using System.Net;
using System.Net.Http.Headers;

namespace Attune.Hub;

/// <summary>Questions to a hub: the token goes to the hub alone, redirections are followed by hand, and what may be better the next time is asked again.</summary>
internal sealed class HubConnection : IDisposable
{
    private const int MaxRedirections = 5;

    private readonly HubOptions _options;
    private readonly HttpClient _http;

    public HubConnection(HubOptions options)
    {
        _options = options;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(30) };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("attune/0.1");
    }

    /// <summary>The address of something on the hub.</summary>
    public Uri At(string path) => new($"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    /// <summary>Asks, and asks again after faults that pass.</summary>
    /// <param name="what">What is asked for, for messages.</param>
    /// <param name="ask">Sends the question and uses the answer.</param>
    /// <param name="cancellation">Stops between two attempts and while waiting.</param>
    /// <exception cref="HubException">The hub refuses, or no attempt came through.</exception>
    /// <exception cref="IOException">The answer cannot be kept here.</exception>
    public T Try<T>(string what, Func<T> ask, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan delay = _options.RetryDelay * Math.Pow(2, attempt - 1);
            try
            {
                return ask();
            }
            catch (PassingFault fault) when (attempt < _options.Attempts)
            {
                delay = fault.RetryAfter ?? delay;
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException && attempt < _options.Attempts)
            {
                // A connection that was not made, or was cut. What cannot be kept here, on a full disk, will not be kept the next time either.
            }
            catch (PassingFault fault)
            {
                throw new HubException($"{what}: {fault.Message}; gave up after {attempt} attempts", fault);
            }
            catch (HttpRequestException e)
            {
                throw new HubException($"{what}: the hub {_options.Endpoint} cannot be reached ({e.Message}); gave up after {attempt} attempts. Without a network, HF_HUB_OFFLINE=1 uses what was fetched before", e);
            }
            catch (HttpIOException e)
            {
                throw new HubException($"{what}: the connection to {_options.Endpoint} was cut ({e.Message}); gave up after {attempt} attempts", e);
            }
            catch (IOException e)
            {
                throw new IOException($"{what}: {e.Message}", e);
            }

            if (delay > _options.MaxRetryDelay)
            {
                throw new HubException($"{what}: the hub asks to come back in {delay.TotalSeconds:F0} s; try again then");
            }

            if (cancellation.WaitHandle.WaitOne(delay))
            {
                throw new OperationCanceledException(cancellation);
            }
        }
    }

    /// <summary>Sends one question, follows its redirections, and gives the answer of the last.</summary>
    /// <param name="what">What is asked for, for messages.</param>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Where.</param>
    /// <param name="from">Byte from which on the answer is wanted; 0 for all.</param>
    /// <param name="leaveHub">Whether redirections to other hosts are followed; if not, such an answer is given as it is.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="HubException">The hub refuses for good.</exception>
    /// <exception cref="PassingFault">The hub may answer later.</exception>
    public HttpResponseMessage Send(string what, HttpMethod method, Uri address, long from, bool leaveHub, CancellationToken cancellation)
    {
        for (int redirections = 0; ; redirections++)
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.AcceptEncoding.ParseAdd("identity");
            request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
            if (_options.Token is { } secret && IsHub(address))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            }

            HttpResponseMessage answer = Within(token => _http.Send(request, HttpCompletionOption.ResponseHeadersRead, token), cancellation);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
            {
                return Checked(what, answer);
            }

            var next = new Uri(address, location);
            if (!leaveHub && !IsHub(next))
            {
                return answer;
            }

            answer.Dispose();
            if (redirections == MaxRedirections || next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme != "https"))
            {
                throw new HubException($"{what}: the hub sends on to {next}, which is not followed");
            }

            address = next;
        }
    }

    /// <summary>Reads what has come of an answer; 0 at its end.</summary>
    /// <exception cref="PassingFault">Nothing came for a long time.</exception>
    /// <exception cref="HttpIOException">The connection was cut.</exception>
    public int Read(Stream stream, byte[] piece, CancellationToken cancellation)
    {
        try
        {
            return Within(token => stream.ReadAsync(piece, token).AsTask().GetAwaiter().GetResult(), cancellation);
        }
        catch (IOException e) when (e is not HttpIOException)
        {
            // Faults of sockets and of encryption, which are told apart from those of files here.
            throw new HttpIOException(HttpRequestError.Unknown, e.Message, e);
        }
    }

    public void Dispose() => _http.Dispose();

    private T Within<T>(Func<CancellationToken, T> wait, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_options.Patience);
        try
        {
            return wait(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PassingFault($"nothing came from the hub for {_options.Patience.TotalSeconds:F0} s", null);
        }
    }

    private bool IsHub(Uri address) => address.Scheme == _options.Endpoint.Scheme && address.Authority == _options.Endpoint.Authority;

    private HttpResponseMessage Checked(string what, HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return answer;
        }

        using (answer)
        {
            string? code = answer.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : null;
            throw ((int)answer.StatusCode, code) switch
            {
                (429, _) => new PassingFault("the hub is asked too often (429)", RetryAfter(answer)),
                ( >= 500, _) => new PassingFault($"the hub has a fault ({(int)answer.StatusCode})", RetryAfter(answer)),
                (408, _) => new PassingFault("the hub waited too long (408)", null),
                (_, "GatedRepo") => new HubException($"{what}: access has to be asked for on {_options.Endpoint}, and HF_TOKEN to be set to a token of who may read it"),
                (401 or 403, _) => new HubException(_options.Token is null
                    ? $"{what}: there is no such repository, or it is not public; set HF_TOKEN to a token of who may read it"
                    : $"{what}: the hub does not accept the token in HF_TOKEN, or there is no such repository ({(int)answer.StatusCode})"),
                (404, "RevisionNotFound") => new HubException($"{what}: there is no such revision"),
                (404, _) => new HubException($"{what}: not found on {_options.Endpoint}"),
                _ => new HubException($"{what}: the hub answers {(int)answer.StatusCode} {answer.ReasonPhrase}"),
            };
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}

/// <summary>A fault after which the same question may succeed.</summary>
internal sealed class PassingFault(string message, TimeSpan? retryAfter) : Exception(message)
{
    /// <summary>When to ask again; null when not said.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
