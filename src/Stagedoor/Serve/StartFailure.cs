using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;

namespace Stagedoor.Serve;

/// <summary>What a person is told whose start fails: what, where, and the way out, in a line.</summary>
internal static class StartFailure
{
    private const int FirstFreePort = 1024;

    /// <summary>The line; null for a failure that nobody has foreseen.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="urls">Where the host was to listen.</param>
    internal static string? Explain(Exception e, IReadOnlyList<string> urls) => e switch
    {
        StartupException or MasterKeyException => e.Message,
        OptionsValidationException options => $"Wrong settings: {string.Join(" ", options.Failures)}",
        StorageException storage => $"The {(storage.Store is StorageSource.Database ? "database" : "blob store")} cannot be used: {storage.Message}",
        AddressInUseException or IOException { InnerException: AddressInUseException } =>
            $"{e.Message.TrimEnd('.')}. Stop the other program, or choose another port with --urls.",
        SocketException socket => CannotListen(socket, urls),
        IOException { InnerException: SocketException socket } => CannotListen(socket, urls),
        IOException { InnerException: AggregateException { InnerException: SocketException socket } } => CannotListen(socket, urls),
        InvalidOperationException { InnerException: FormatException or InvalidOperationException } => $"Wrong settings: {e.Message}",
        _ => null,
    };

    /// <summary>Why a folder or file cannot be made or written, and what to do about it.</summary>
    internal static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "permission is denied. Let this user write it (owner and mode)",
        DirectoryNotFoundException or FileNotFoundException => "nothing can be made there. Check the path",
        IOException when e.Message.StartsWith("No space left", StringComparison.Ordinal) => "its disk is full. Make room",
        IOException io when IsReadOnly(io) => "its file system is mounted read-only. Mount it writable",
        _ => $"{e.Message.TrimEnd('.')}. Check its owner and mode",
    };

    internal static bool IsReadOnly(IOException e) => e.Message.StartsWith("Read-only file system", StringComparison.Ordinal);

    // The server's own exception tells neither the address nor the way out.
    private static string CannotListen(SocketException socket, IReadOnlyList<string> urls)
    {
        if (socket.SocketErrorCode is SocketError.AccessDenied)
        {
            var low = urls.Where(static url => BindingAddress.Parse(url).Port is > 0 and < FirstFreePort).ToList();
            return $"Cannot listen on {string.Join(" and ", low.Count > 0 ? low : urls)}: permission is denied."
                + (low.Count > 0
                    ? " Ports below 1024 need a right: start it with the capability CAP_NET_BIND_SERVICE, or choose a higher port with --urls."
                    : " Choose another port with --urls.");
        }

        if (socket.SocketErrorCode is SocketError.TooManyOpenSockets)
        {
            return $"Cannot listen on {string.Join(" and ", urls)}: the process has no file descriptor left. Raise its limit (ulimit -n, LimitNOFILE).";
        }

        return socket.SocketErrorCode is SocketError.AddressNotAvailable
            ? $"Cannot listen on {string.Join(" and ", urls)}: this machine has no such address. Choose one that it has, or http://0.0.0.0:8080 for all, with --urls."
            : $"Cannot listen on {string.Join(" and ", urls)}: {socket.Message}. Choose another address with --urls.";
    }
}
