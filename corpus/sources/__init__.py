"""Articles from elsewhere → posts in the archive's folder: feeds, fetched politely and within bounds."""
