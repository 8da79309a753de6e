namespace Stagedoor;

/// <summary>Why the program cannot do what it was asked to, in one line for the person at the terminal.</summary>
/// <param name="message">What is wrong and what to do, in one line.</param>
/// <param name="inner">The cause, shown with <c>--verbose</c> only.</param>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
