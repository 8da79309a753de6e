namespace Stagedoor.Identity;

/// <summary>A login with a password, as <see cref="LoginGuard"/> needs to know it: whose it is, and where its failures are counted.</summary>
public interface ILoginAttempt
{
    /// <summary>What is counted, and let in one at a time: whoever is meant, whether there is such a one or not, at a network.</summary>
    string Subject { get; }

    /// <summary>Where it comes from.</summary>
    ClientNetwork Network { get; }

    /// <summary>Whether no password may be tried. Asked when it is this attempt's turn.</summary>
    Task<bool> IsLockedAsync(CancellationToken cancellationToken);

    /// <summary>The hash to compare with; <see cref="PasswordHash.Unmatchable"/> for somebody who has none or does not exist.</summary>
    string FindHash();

    /// <summary>The password was right: whether whoever has it may come in, and if so the end of the count.</summary>
    Task<bool> SucceedAsync(CancellationToken cancellationToken);

    /// <summary>Counts a wrong password.</summary>
    /// <returns>Whether there were so many that it is worth a record.</returns>
    Task<bool> FailAsync(CancellationToken cancellationToken);
}
