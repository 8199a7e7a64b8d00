Console.WriteLine("SnakeHost");
