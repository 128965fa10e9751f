using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu;

/// <summary>Private threads that share the indices of a job with the calling thread; a run allocates nothing on the managed heap.</summary>
/// <remarks>
/// Every index is computed whole by one thread, so results do not depend on the number of threads. Each thread starts on its own contiguous
/// range of indices, which keeps data in the cache of the core that wrote it from one run to the next, and helps the others when it is done.
/// Waiting threads spin for a short while, because the gap between two operations of a training step is shorter than a wake-up, and then park.
/// A run inside a job of the same pool is done by the thread that asks for it; runs from different threads wait for each other.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private const long Open = 1L << 16;
    private const long Generation = 1L << 17;
    private const long ActiveMask = Open - 1;
    private const int MaxThreads = 1024;
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    [ThreadStatic]
    private static WorkerPool? _current;

    [ThreadStatic]
    private static int _currentWorker;

    private readonly Thread[] _workers;
    private readonly AlignedBuffer _rangeMemory;
    private readonly AlignedBuffer?[] _scratch;
    private readonly object _runs = new();
    private readonly object _parking = new();
    private readonly bool _spins;

    // Generation of the run, whether it takes helpers, and how many are inside: one word, so that a thread joins or misses a run in one step.
    private long _state;
    private int _parked;
    private volatile bool _disposed;
    private volatile ExceptionDispatchInfo? _failure;
    private void* _job;
    private delegate*<void*, int, int, void> _execute;
    private int _participants;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads that work on a job, the calling one included, 1 to 1,024; default <see cref="DefaultThreads"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is outside its range.</exception>
    public WorkerPool(int? threads = null)
    {
        Threads = threads ?? DefaultThreads;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, MaxThreads, nameof(threads));
        _rangeMemory = new AlignedBuffer(Threads * sizeof(IndexRange));
        _scratch = new AlignedBuffer?[Threads];
        _spins = Threads <= Environment.ProcessorCount;
        _workers = new Thread[Threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int worker = i + 1;
            _workers[i] = new Thread(() => WorkerLoop(worker)) { IsBackground = true, Name = $"attune worker {worker}" };
            _workers[i].Start();
        }
    }

    /// <summary>Physical cores that this process may use: two hardware threads of a core share the units that matrix products fill.</summary>
    public static int DefaultThreads { get; } = Math.Clamp(ProcessorTopology.UsableCores(), 1, MaxThreads);

    /// <summary>Threads that work on a job, the calling one included.</summary>
    public int Threads { get; }

    /// <summary>The index of the calling thread in the job of this pool that it is running; -1 outside of jobs.</summary>
    public int CurrentWorker => _current == this ? _currentWorker : -1;

    /// <summary>Held while a run is under way; an operation of several runs that share memory takes it around all of them.</summary>
    internal object Runs => _runs;

    /// <summary>Executes the indices 0 to <paramref name="count"/> - 1 of a job and returns when all are done.</summary>
    /// <param name="job">The job; the threads see one copy of it, which is copied back at the end.</param>
    /// <param name="count">Number of indices; 0 does nothing.</param>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <remarks>The first exception that an index throws stops the run and is thrown here again; some other indices may then not have been executed.</remarks>
    public void Run<TJob>(ref TJob job, int count)
        where TJob : struct, IJob
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (count <= 0)
        {
            return;
        }

        if (_current == this)
        {
            for (int index = 0; index < count; index++)
            {
                job.Execute(index, _currentWorker);
            }

            return;
        }

        lock (_runs)
        {
            // On the stack it cannot move while the other threads hold its address.
            TJob copy = job;
            RunLocked(Unsafe.AsPointer(ref copy), &Invoke<TJob>, count);
            job = copy;
            if (_failure is not null)
            {
                Interlocked.Exchange(ref _failure, null)?.Throw();
            }
        }
    }

    /// <summary>Memory of a worker for use inside one index of a job, aligned to 64 bytes; it grows and never shrinks, and its content is undefined.</summary>
    /// <param name="worker">The worker that the job was given.</param>
    /// <param name="bytes">Bytes needed.</param>
    public byte* Scratch(int worker, long bytes)
    {
        ref AlignedBuffer? buffer = ref _scratch[worker];
        return AlignedBuffer.Grow(ref buffer, bytes);
    }

    /// <summary>Stops and joins the threads and frees the scratch memory.</summary>
    /// <exception cref="InvalidOperationException">Called from inside a job of this pool.</exception>
    public void Dispose()
    {
        if (_current == this)
        {
            throw new InvalidOperationException("a job cannot dispose of the worker pool that runs it");
        }

        lock (_runs)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            lock (_parking)
            {
                Monitor.PulseAll(_parking);
            }

            foreach (Thread worker in _workers)
            {
                worker.Join();
            }

            _rangeMemory.Dispose();
            foreach (AlignedBuffer? buffer in _scratch)
            {
                buffer?.Dispose();
            }
        }
    }

    private static void Invoke<TJob>(void* job, int index, int worker)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(index, worker);

    private void RunLocked(void* job, delegate*<void*, int, int, void> execute, int count)
    {
        WorkerPool? outer = _current;
        int outerWorker = _currentWorker;
        _current = this;
        _currentWorker = 0;
        _job = job;
        _execute = execute;
        _participants = Math.Min(count, Threads);
        var ranges = (IndexRange*)_rangeMemory.Pointer;
        for (int i = 0; i < _participants; i++)
        {
            ranges[i].Next = (int)((long)count * i / _participants);
            ranges[i].End = (int)((long)count * (i + 1) / _participants);
        }

        bool shared = _participants > 1;
        if (shared)
        {
            Interlocked.Exchange(ref _state, (_state & ~Open) + Generation + Open);
            WakeParked();
        }

        Work(0);
        if (shared)
        {
            // Threads that have not woken up by now miss this run; only those inside are waited for.
            Interlocked.And(ref _state, ~Open);
            var spinner = new SpinWait();
            while ((Volatile.Read(ref _state) & ActiveMask) != 0)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }

        _current = outer;
        _currentWorker = outerWorker;
    }

    private void WakeParked()
    {
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_parking)
            {
                Monitor.PulseAll(_parking);
            }
        }
    }

    private void Work(int worker)
    {
        try
        {
            var ranges = (IndexRange*)_rangeMemory.Pointer;
            for (int offset = 0; offset < _participants; offset++)
            {
                IndexRange* range = ranges + ((worker + offset) % _participants);
                while (Volatile.Read(ref range->Next) < range->End && _failure is null)
                {
                    int index = Interlocked.Increment(ref range->Next) - 1;
                    if (index >= range->End)
                    {
                        break;
                    }

                    _execute(_job, index, worker);
                }
            }
        }
#pragma warning disable CA1031 // Whatever the job throws belongs to the caller of Run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
    }

    private void WorkerLoop(int worker)
    {
        _current = this;
        _currentWorker = worker;
        long seen = 0;
        while (WaitForRun(seen, out long state))
        {
            if (Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                seen = state / Generation;
                Work(worker);
                Interlocked.Decrement(ref _state);
            }
        }
    }

    /// <summary>Waits for an open run of another generation than <paramref name="seen"/>; false when the pool is being disposed.</summary>
    private bool WaitForRun(long seen, out long state)
    {
        long deadline = _spins ? Stopwatch.GetTimestamp() + SpinTicks : 0;
        while (!_disposed)
        {
            state = Volatile.Read(ref _state);
            if (IsNew(state, seen))
            {
                return true;
            }

            if (Stopwatch.GetTimestamp() < deadline)
            {
                Thread.SpinWait(8);
                continue;
            }

            Park(seen);
        }

        state = 0;
        return false;
    }

    private void Park(long seen)
    {
        lock (_parking)
        {
            // The increment is a full fence before the state is read, as the exchange of the state is one before the count is read: no wake-up is lost.
            Interlocked.Increment(ref _parked);
            while (!_disposed && !IsNew(Volatile.Read(ref _state), seen))
            {
                Monitor.Wait(_parking);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    private static bool IsNew(long state, long seen) => (state & Open) != 0 && state / Generation != seen;

    /// <summary>The indices that one thread starts with, alone on its cache lines.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct IndexRange
    {
        public int Next;
        public int End;
    }
}
