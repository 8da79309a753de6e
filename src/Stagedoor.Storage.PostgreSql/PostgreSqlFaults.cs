using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>Says in our words what PostgreSQL and its driver report in theirs.</summary>
internal static class PostgreSqlFaults
{
    // idle_in_transaction_session_timeout
    private const string IdleInTransaction = "25P03";

    internal static StorageException? Translate(Exception exception, string location) => exception switch
    {
        PostgresException e => new(StorageSource.Database, Fault(e.SqlState), $"{location}: {e.SqlState} {e.MessageText}", e),
        NpgsqlException or SocketException or TimeoutException => new(
            StorageSource.Database,
            IsOutOfReach(exception) ? StorageFault.Unavailable : StorageFault.Failed,
            $"{location}: {exception.Message}",
            exception),
        // The driver refuses half a character, a number out of range and the like before it sends anything.
        EncoderFallbackException or OverflowException => new(StorageSource.Database, StorageFault.Refused, $"{location}: {exception.Message}", exception),
        _ => null,
    };

    /// <summary>
    /// True for the faults that a second try may not meet: the server chose this transaction to make way for another, or ended it because it stood
    /// still. Nothing of it is kept then, not even when a commit was sent.
    /// </summary>
    internal static bool IsConflict(Exception exception) => exception switch
    {
        PostgresException e => e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or IdleInTransaction,
        _ => exception.InnerException is { } inner && IsConflict(inner),
    };

    private static StorageFault Fault(string state) => state switch
    {
        PostgresErrorCodes.DiskFull => StorageFault.Full,

        // NUL and half characters, numbers out of range, texts that are too long.
        PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter
            or PostgresErrorCodes.NumericValueOutOfRange or PostgresErrorCodes.StringDataRightTruncation => StorageFault.Refused,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StorageFault.Corrupt,

        // It asks for other credentials, has no such database, or has no room for another connection.
        PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.TooManyConnections => StorageFault.Unavailable,

        // Again and again, however often it was tried.
        IdleInTransaction => StorageFault.Unavailable,
        PostgresErrorCodes.LockNotAvailable => StorageFault.Busy,
        _ when state.StartsWith("08", StringComparison.Ordinal)
            || state.StartsWith("28", StringComparison.Ordinal)
            || state.StartsWith("57P", StringComparison.Ordinal) => StorageFault.Unavailable,
        _ => StorageFault.Failed,
    };

    private static bool IsOutOfReach(Exception exception) =>
        exception is SocketException or IOException or TimeoutException || (exception.InnerException is { } inner && IsOutOfReach(inner));
}
